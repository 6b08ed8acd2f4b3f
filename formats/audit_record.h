/* A record of the audit log and its canonical form (docs/AUDIT.md).
 *
 * The canonical form is one line of ASCII JSON without its newline: fixed order of fields, integers
 * and lower-case hexadecimal only, no blanks, at most AUDIT_LINE_MAX bytes. These exact bytes are
 * hashed twice: for the next record's "prev", and as a leaf of the Merkle tree.
 *
 *   {"seq":7,"inc":"8c1f...","boot":2,"ms":1764000000000,"us":51234,"cont":98765,"rand":"...",
 *    "act":40,"cmd":"80680120","sw":"9000","role":1,"appr":"","uid":0,"obj":"cc01","key":"...",
 *    "dig":"...","age":0,"cnt":1,"prev":"..."}
 *
 * The names are short because a line with every field at its longest must fit 512 bytes.
 *
 * No digest ever covers a PIN, a share, a plaintext or a shared secret, and no field reveals a
 * PIN's length: the hash of a six-digit PIN is found with a million guesses. */
#pragma once

#include "base/bytes.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"

#define AUDIT_LINE_MAX 512

/* When a record must be durable (docs/ARCHITECTURE.md, "The store"). */
enum audit_class {
    AUDIT_SECURITY, /* durable, and the anchor synced, before the answer */
    AUDIT_USE,      /* durable before the answer */
};

/* The registry of actions. Actions are only added, and a number never changes its meaning. Columns:
 * number, constant, class, text. Families begin at multiples of ten. Numbers stay below 65536, so
 * that every line fits. */
#define AUDIT_ACTIONS(X)                                                                           \
    X(1, POWER_ON, AUDIT_SECURITY, "power on")                                                     \
    X(2, POWER_OFF, AUDIT_SECURITY, "power off")                                                   \
    X(3, ROLLBACK_ACCEPTED, AUDIT_SECURITY, "older store accepted")                                \
    X(4, EPOCH_BEGUN, AUDIT_SECURITY, "signing epoch begins")                                      \
    X(5, CLOCK_SET, AUDIT_SECURITY, "clock set")                                                   \
    X(10, USER_LOGIN, AUDIT_SECURITY, "user login")                                                \
    X(11, SO_LOGIN, AUDIT_SECURITY, "SO login")                                                    \
    X(12, PIN_CHANGED, AUDIT_SECURITY, "PIN changed")                                              \
    X(13, RETRY_COUNTER_RESET, AUDIT_SECURITY, "retry counter reset")                              \
    X(14, CUSTODIAN_REGISTERED, AUDIT_SECURITY, "custodian registered")                            \
    X(15, CUSTODIAN_REPLACED, AUDIT_SECURITY, "custodian replaced")                                \
    X(16, CUSTODIAN_LOGIN, AUDIT_SECURITY, "custodian signed in")                                  \
    X(17, ROOT_TRUSTED, AUDIT_SECURITY, "root trusted")                                            \
    X(18, ROOT_REMOVED, AUDIT_SECURITY, "root removed")                                            \
    X(19, SECURE_CHANNEL, AUDIT_SECURITY, "secure channel")                                        \
    X(20, STORE_CREATED, AUDIT_SECURITY, "store created")                                          \
    X(21, INITIALIZE, AUDIT_SECURITY, "device initialised")                                        \
    X(22, SESSION_PIN, AUDIT_SECURITY, "session PIN made or cleared")                              \
    X(23, CERTIFICATE_SHOWN, AUDIT_SECURITY, "foreign certificate shown")                          \
    X(24, WITHOUT_LOGIN, AUDIT_SECURITY, "several things without login")                           \
    X(30, KEY_GENERATED, AUDIT_SECURITY, "key generated")                                          \
    X(31, FILE_WRITTEN, AUDIT_SECURITY, "file written")                                            \
    X(32, FILE_DELETED, AUDIT_SECURITY, "file or key deleted")                                     \
    X(33, FILE_READ, AUDIT_USE, "confidential file read")                                          \
    X(34, CERTIFICATE_WRITTEN, AUDIT_SECURITY, "certificate written")                              \
    X(35, KEY_DERIVED, AUDIT_SECURITY, "key derived")                                              \
    X(40, SIGN, AUDIT_USE, "signature")                                                            \
    X(41, DECIPHER, AUDIT_USE, "decryption")                                                       \
    X(42, CIPHER, AUDIT_USE, "symmetric operation")                                                \
    X(43, DERIVE, AUDIT_USE, "secret derived")                                                     \
    X(50, KEY_EXPORTED, AUDIT_SECURITY, "key exported")                                            \
    X(51, KEY_IMPORTED, AUDIT_SECURITY, "key imported")                                            \
    X(52, DKEK_SHARE, AUDIT_SECURITY, "DKEK share imported")                                       \
    X(53, DOMAIN_CREATED, AUDIT_SECURITY, "key domain created")                                    \
    X(54, DOMAIN_DELETED, AUDIT_SECURITY, "key domain deleted")                                    \
    X(55, DOMAIN_CLEARED, AUDIT_SECURITY, "key domain cleared")                                    \
    X(56, DOMAIN_JOINED, AUDIT_SECURITY, "key domain of a group created")                          \
    X(57, DOMAIN_EXCHANGED, AUDIT_SECURITY, "key domain's secret exchanged")                       \
    X(60, LOG_READ, AUDIT_USE, "log read")                                                         \
    X(61, LOG_ACKNOWLEDGED, AUDIT_SECURITY, "log acknowledged")                                    \
    X(62, LOG_NOTE, AUDIT_SECURITY, "note")                                                        \
    X(63, AUDIT_POLICY, AUDIT_SECURITY, "audit policy set")                                        \
    X(64, STRICT_ON, AUDIT_SECURITY, "extensions switched off")                                    \
    X(65, STRICT_OFF, AUDIT_SECURITY, "extensions switched on")                                    \
    X(70, UNLOCK_ADDED, AUDIT_SECURITY, "unlock source added")                                     \
    X(71, UNLOCK_REMOVED, AUDIT_SECURITY, "unlock source removed")                                 \
    X(72, SNAPSHOT, AUDIT_SECURITY, "store snapshot made")                                         \
    X(73, RESTORED, AUDIT_SECURITY, "store restored")                                              \
    X(74, CLONED, AUDIT_SECURITY, "store cloned")                                                  \
    X(75, DESTROYED, AUDIT_SECURITY, "store destroyed")                                            \
    X(76, REKEYED, AUDIT_SECURITY, "root secret renewed")                                          \
    X(77, MIGRATED, AUDIT_SECURITY, "store format upgraded")                                       \
    X(80, ADMIN_CANCEL, AUDIT_SECURITY, "command cancelled")

enum audit_action {
    AUDIT_NOTHING = 0,
#define X(number, name, class, text) AUDIT_##name = number,
    AUDIT_ACTIONS(X)
#undef X
};

/* Who caused the event. */
enum audit_role {
    AUDIT_NOBODY = 0,
    AUDIT_USER = 1,
    AUDIT_OFFICER = 2,
    AUDIT_ADMIN = 3,
    AUDIT_SYSTEM = 4
};

#define AUDIT_KEY_SIZE 12 /* bytes of a key's name in a record */

struct audit_record {
    uint64_t seq; /* from 1, without gaps */
    uint8_t
        incarnation[8]; /* incarnation of the store; new after restore, clone, accepted rollback */
    uint32_t boot;      /* how often the token was powered on */
    uint64_t time_ms;   /* wall clock, Unix epoch */
    uint64_t ticks_us;  /* since power-on, CLOCK_BOOTTIME */
    uint64_t continued_us; /* ticks that go on from the last record of the previous power-on; never
                              decrease */
    uint8_t random[16];
    enum audit_action action;
    uint8_t command[4]; /* CLA INS P1 P2; zero when no command caused it */
    uint16_t sw;        /* status word of the answer */
    enum audit_role role;
    uint8_t approvers[16]; /* digest of the set of approvers; all zero: none (written as "") */
    uint32_t admin_uid;    /* of the admin socket's peer; 0 when role is not AUDIT_ADMIN */
    uint16_t object;       /* file identifier; 0: none (written as "") */
    uint8_t key[AUDIT_KEY_SIZE]; /* start of SHA-256 of the public key's components (modulus and
                                    exponent, or point); all zero: none ("") */
    uint8_t digest[32]; /* SHA-256 of what was signed or exported; all zero: none (""). POWER_ON: of
                           the daemon's build id; a new epoch: its public key; LOG_NOTE: the text;
                           LOG_ACKNOWLEDGED: the root; AUDIT_POLICY: the policy; ROOT_*: of the
                           certificate */
    uint32_t since_ms;  /* combined records: how many milliseconds before time_ms the first event
                           was; else 0 */
    uint32_t count;     /* combined records: how many events; else 1 */
    uint8_t previous[SHA256_SIZE]; /* SHA-256 of the previous line; zero for the first */
    bool alone; /* not part of the line: must not be told together with other records */
};

/* The name of a key in records: the start of the SHA-256 of its public components. Fault:
 * FAULT_LIBRARY. */
MUST_CHECK int audit_key_name(const struct public_part *key, uint8_t out[AUDIT_KEY_SIZE]);

/* The text of an action; NULL for a number that is not in the registry. */
const char *audit_action_text(enum audit_action action);
enum audit_class audit_class_of(enum audit_action action);
const char *audit_role_text(enum audit_role role);

/* Writes the canonical line; `full` when out is too small. */
void audit_record_write(const struct audit_record *record, struct writer *out);
/* Reads a canonical line back; false for anything that audit_record_write would not have written
 * byte for byte. */
MUST_CHECK bool audit_record_read(struct span line, struct audit_record *out);
