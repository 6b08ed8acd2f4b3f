/* SPDX-License-Identifier: Apache-2.0 */
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

/* When a record must be durable (docs/STORAGE.md, "Writing"). */
enum audit_class {
    AUDIT_SECURITY, /* durable, and the anchor synced, before the answer */
    AUDIT_USE,      /* durable before the answer */
};

/* Forced audit (storage/audit.h). */
enum audit_quota {
    AUDIT_AUDITED, /* uses the limit up, and is refused when the limit is reached */
    /* Neither: power and clock; logins, and the channel and certificates needed for them; reading
     * and acknowledging the log; orders of the admin that the auditor may need. */
    AUDIT_SPARED,
};

/* What an auditor looks for first: who administered the token, who else may use it, what left it,
 * and whether its clock can be trusted. */
enum audit_notice { AUDIT_ROUTINE, AUDIT_NOTABLE };

/* Whether successes in a row are combined to one record, as refusals are: of what anybody may do
 * without limit. */
enum audit_joining { AUDIT_SINGLE, AUDIT_JOINED };

/* What a success does to keys. */
enum audit_keys {
    AUDIT_KEPT,      /* nothing */
    AUDIT_GENERATED, /* there is a new one, which nobody else has */
    AUDIT_IMPORTED,  /* there is a new one, which came from outside */
    AUDIT_DERIVED,   /* there is a new one, made from another; P1 of the command names that */
    AUDIT_EXPORTED,  /* one left, under the secret of its key domain */
    AUDIT_DELETED,   /* one is gone, if the object is a key */
    AUDIT_ERASED,    /* all are gone, and the DKEK changed */
    AUDIT_COPIED,    /* all left, with the store */
    AUDIT_DKEK,      /* the DKEK changed */
};

/* What a record's digest is, unless it is zero. */
enum audit_digest {
    AUDIT_HASH,  /* see struct audit_record */
    AUDIT_EPOCH, /* the public key of the epoch that begins */
    AUDIT_TEXT,  /* text that somebody wrote */
};

/* The registry of actions, and what each means to those who write, keep and read the log. Actions
 * are only added, and a number never changes its meaning. Columns: number, constant, class, quota,
 * notice, joining, which counter of a visit's summary it adds to (formats/visit.h), keys, digest,
 * text. Families begin at multiples of ten. Numbers stay below 65536, so that every line fits. */
/* clang-format off */
#define AUDIT_ACTIONS(X)                                                                                                                \
    X(1,  POWER_ON,             SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "power on")                      \
    X(2,  POWER_OFF,            SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "power off")                     \
    X(3,  ROLLBACK_ACCEPTED,    SECURITY, SPARED,  NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "older store accepted")          \
    X(4,  EPOCH_BEGUN,          SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      EPOCH, "signing epoch begins")          \
    X(5,  CLOCK_SET,            SECURITY, SPARED,  NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "clock set")                     \
    X(10, USER_LOGIN,           SECURITY, SPARED,  ROUTINE, SINGLE, failed_logins,   KEPT,      HASH,  "user login")                    \
    X(11, SO_LOGIN,             SECURITY, SPARED,  NOTABLE, SINGLE, failed_logins,   KEPT,      HASH,  "SO login")                      \
    X(12, PIN_CHANGED,          SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "PIN changed")                   \
    X(13, RETRY_COUNTER_RESET,  SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "retry counter reset")           \
    X(14, CUSTODIAN_REGISTERED, SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "custodian registered")          \
    X(15, CUSTODIAN_REPLACED,   SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "custodian replaced")            \
    X(16, CUSTODIAN_LOGIN,      SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "custodian signed in")           \
    X(17, ROOT_TRUSTED,         SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "root trusted")                  \
    X(18, ROOT_REMOVED,         SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "root removed")                  \
    X(19, SECURE_CHANNEL,       SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "secure channel")                \
    X(20, STORE_CREATED,        SECURITY, SPARED,  NOTABLE, SINGLE, uncounted,       KEPT,      EPOCH, "store created")                 \
    X(21, INITIALIZE,           SECURITY, AUDITED, NOTABLE, SINGLE, initialisations, ERASED,    HASH,  "device initialised")            \
    X(22, SESSION_PIN,          SECURITY, AUDITED, ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "session PIN made or cleared")   \
    X(23, CERTIFICATE_SHOWN,    SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "foreign certificate shown")     \
    X(24, WITHOUT_LOGIN,        SECURITY, SPARED,  ROUTINE, JOINED, uncounted,       KEPT,      HASH,  "several things without login")  \
    X(30, KEY_GENERATED,        SECURITY, AUDITED, ROUTINE, SINGLE, keys_made,       GENERATED, HASH,  "key generated")                 \
    X(31, FILE_WRITTEN,         SECURITY, AUDITED, ROUTINE, SINGLE, files_written,   KEPT,      HASH,  "file written")                  \
    X(32, FILE_DELETED,         SECURITY, AUDITED, ROUTINE, SINGLE, deleted,         DELETED,   HASH,  "file or key deleted")           \
    X(33, FILE_READ,            USE,      AUDITED, ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "confidential file read")        \
    X(34, CERTIFICATE_WRITTEN,  SECURITY, AUDITED, ROUTINE, SINGLE, files_written,   KEPT,      HASH,  "certificate written")           \
    X(35, KEY_DERIVED,          SECURITY, AUDITED, ROUTINE, SINGLE, keys_made,       DERIVED,   HASH,  "key derived")                   \
    X(40, SIGN,                 USE,      AUDITED, ROUTINE, SINGLE, uses,            KEPT,      HASH,  "signature")                     \
    X(41, DECIPHER,             USE,      AUDITED, ROUTINE, SINGLE, uses,            KEPT,      HASH,  "decryption")                    \
    X(42, CIPHER,               USE,      AUDITED, ROUTINE, SINGLE, uses,            KEPT,      HASH,  "symmetric operation")           \
    X(43, DERIVE,               USE,      AUDITED, ROUTINE, SINGLE, uses,            KEPT,      HASH,  "secret derived")                \
    X(50, KEY_EXPORTED,         SECURITY, AUDITED, NOTABLE, SINGLE, keys_exported,   EXPORTED,  HASH,  "key exported")                  \
    X(51, KEY_IMPORTED,         SECURITY, AUDITED, NOTABLE, SINGLE, keys_imported,   IMPORTED,  HASH,  "key imported")                  \
    X(52, DKEK_SHARE,           SECURITY, AUDITED, NOTABLE, SINGLE, shares_imported, DKEK,      HASH,  "DKEK share imported")           \
    X(53, DOMAIN_CREATED,       SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "key domain created")            \
    X(54, DOMAIN_DELETED,       SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "key domain deleted")            \
    X(55, DOMAIN_CLEARED,       SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       DKEK,      HASH,  "key domain cleared")            \
    X(56, DOMAIN_JOINED,        SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "key domain of a group created") \
    X(57, DOMAIN_EXCHANGED,     SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "key domain's secret exchanged") \
    X(60, LOG_READ,             USE,      SPARED,  ROUTINE, JOINED, uncounted,       KEPT,      HASH,  "log read")                      \
    X(61, LOG_ACKNOWLEDGED,     SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "log acknowledged")              \
    X(62, LOG_NOTE,             SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      TEXT,  "note")                          \
    X(63, AUDIT_POLICY,         SECURITY, SPARED,  NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "audit policy set")              \
    X(64, STRICT_ON,            SECURITY, AUDITED, ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "extensions switched off")       \
    X(65, STRICT_OFF,           SECURITY, AUDITED, ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "extensions switched on")        \
    X(70, UNLOCK_ADDED,         SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "unlock source added")           \
    X(71, UNLOCK_REMOVED,       SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "unlock source removed")         \
    X(72, SNAPSHOT,             SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       COPIED,    HASH,  "store snapshot made")           \
    X(73, RESTORED,             SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "store restored")                \
    X(74, CLONED,               SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       COPIED,    HASH,  "store cloned")                  \
    X(75, DESTROYED,            SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "store destroyed")               \
    X(76, REKEYED,              SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      HASH,  "root secret renewed")           \
    X(77, MIGRATED,             SECURITY, AUDITED, NOTABLE, SINGLE, uncounted,       KEPT,      EPOCH, "store format upgraded")         \
    X(80, ADMIN_CANCEL,         SECURITY, SPARED,  ROUTINE, SINGLE, uncounted,       KEPT,      HASH,  "command cancelled")
/* clang-format on */

enum audit_action {
    AUDIT_NOTHING = 0,
#define X(number, name, ...) AUDIT_##name = number,
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

struct audit_traits {
    enum audit_class durability;
    enum audit_quota quota;
    enum audit_notice notice;
    enum audit_joining joining;
    enum audit_keys keys;
    enum audit_digest digest;
    const char *text;
};
/* The row of an action. A number that is not in the registry, of a newer version, has one without
 * text: audited, and otherwise like AUDIT_NOTHING, which uses up no limit. */
const struct audit_traits *audit_traits_of(enum audit_action action);
/* The text of an action; NULL for a number that is not in the registry. */
const char *audit_action_text(enum audit_action action);
const char *audit_role_text(enum audit_role role);

/* Writes the canonical line; `full` when out is too small. */
void audit_record_write(const struct audit_record *record, struct writer *out);
/* Reads a canonical line back; false for anything that audit_record_write would not have written
 * byte for byte. */
MUST_CHECK bool audit_record_read(struct span line, struct audit_record *out);
