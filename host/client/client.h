/* The card's commands as typed calls, for programs that talk to a token through a reader. Any
 * SmartCard-HSM understands them, in any reader: they are short APDUs of docs/protocol.md, but for
 * client_list, client_wrap and client_unwrap.
 *
 * An answer of another length or form than the command promises is CLIENT_MALFORMED, and nothing of
 * it is used. Every call gives 0, the positive results of reader.h or of here, or a fault; *out_sw is the
 * card's status word whenever there was one. */
#pragma once

#include "crypto/crypto.h"
#include "formats/channel.h"
#include "host/client/reader.h"

enum {                       /* positive results beside those of reader.h */
       CLIENT_REFUSED = 100, /* the card answered another status word than 9000; see out_sw */
       CLIENT_MALFORMED, /* an answer that is none: no status word, or no such structure or length */
       CLIENT_UNTRUSTED,      /* the card is not the device that the root vouches for */
       CLIENT_CHANNEL_BROKEN, /* an answer came that the card did not give, or it ended the channel
                               */
};

#define CLIENT_FILE_MAX 65535 /* what a two-byte offset reaches */
#define CLIENT_LONG_MAX                                                                            \
    131055                    /* and what one extended command carries from there: 65,520 bytes   \
                                */
#define CLIENT_FILES_MAX 1024 /* on one card; the real one holds fewer */
#define CLIENT_PIN_MAX   16
#define CLIENT_BLOB_MAX  3659 /* a wrapped key: RSA-8192 */
#define CLIENT_SHARE     32   /* bytes of a DKEK share */

/* PINs by their reference, protocol.md 3.1. */
enum client_pin { CLIENT_USER_PIN = 0x81, CLIENT_SO_PIN = 0x88 };

/* Whether a card with this ATR is one of the family: by its historical bytes (protocol.md 1.1). */
bool client_is_family(struct span atr);

/* Selects the SmartCard-HSM application, which ends a login. Always sent in the clear, so that it
 * ends a channel as well. */
MUST_CHECK int client_select(struct reader_card *card, uint16_t *out_sw);

/* Selects it too, and hears what the card says of itself (protocol.md 1.3); through the channel if
 * there is one, which stays open. */
struct client_version {
    uint16_t options;
    uint8_t platform, major, minor;
};
MUST_CHECK int client_describe(const struct reader_card *card, struct client_version *out,
                               uint16_t *out_sw);

/* Opens a secure channel: all later calls with this card go through it, until client_select().
 * CLIENT_UNTRUSTED, also of a device without certificates. The channel is the caller's to keep as
 * long as the card, and to wipe. Appends the holder in the device's certificate, CLIENT_NAME_MAX
 * bytes at most, to out_device: with a root, it is the one whom the root vouches for. */
struct client_trust {
    struct span root; /* a root's certificate; empty: whoever the card says it is */
    uint32_t today;   /* cvc_day(), for the certificates' dates */
};
MUST_CHECK int client_open_channel(struct reader_card *card, const struct client_trust *trust,
                                   struct channel *channel, struct writer *out_device,
                                   uint16_t *out_sw);

/* Presents the user PIN; a refusal's status word says how many tries remain (63Cx). */
MUST_CHECK int client_verify(const struct reader_card *card, struct span pin, uint16_t *out_sw);
/* Asks how a PIN stands and changes nothing: 0 is "presented"; else CLIENT_REFUSED with 63Cx,
 * 6983 (blocked), 6984 (transport PIN) or 6A88 (never initialised). */
MUST_CHECK int client_pin_state(const struct reader_card *card, enum client_pin which,
                                uint16_t *out_sw);
MUST_CHECK int client_change_pin(const struct reader_card *card, enum client_pin which,
                                 struct span old, struct span new, uint16_t *out_sw);
/* Resets the user PIN's tries; an empty new PIN leaves the PIN as it is. */
MUST_CHECK int client_unblock(const struct reader_card *card, struct span so_pin, struct span new,
                              uint16_t *out_sw);

/* How keys may leave the device: not; under one DKEK of so many shares (0: made inside); under the
 * secrets of so many key domains. */
enum client_export { CLIENT_NO_EXPORT, CLIENT_DKEK, CLIENT_DOMAINS };

/* Deletes every object, and sets the PINs. */
struct client_wishes {
    struct span user_pin, so_pin;
    uint8_t tries; /* of the user PIN */
    enum client_export export;
    uint8_t count; /* of shares or domains */
    /* Custodians: how many there shall be and how many must sign. None: 0. */
    uint8_t custodians, required;
    bool together; /* PIN and custodians log in together; else either does. Without a user PIN the
                         custodians alone do */
    bool replaceable; /* a custodian can be replaced */
};
MUST_CHECK int client_initialize(const struct reader_card *card, const struct client_wishes *wishes,
                                 uint16_t *out_sw);

/* How many bytes are left for keys and files, and how many they take, which the hardware does not
 * tell. CLIENT_REFUSED: older than version 2.4. */
struct client_memory {
    uint32_t free, used;
    bool tells_used;
};
MUST_CHECK int client_memory(const struct reader_card *card, struct client_memory *out,
                             uint16_t *out_sw);
/* Identifiers of all files and keys, in the card's order. */
MUST_CHECK int client_list(const struct reader_card *card, uint16_t out[CLIENT_FILES_MAX],
                           size_t *out_count, uint16_t *out_sw);
/* How long a file is; needs no login. */
MUST_CHECK int client_size(const struct reader_card *card, uint16_t file, size_t *out,
                           uint16_t *out_sw);
/* Appends the whole content of a file. Beyond CLIENT_FILE_MAX bytes the rest comes in one extended
 * answer: not through a channel (CLIENT_MALFORMED). */
MUST_CHECK int client_read(const struct reader_card *card, uint16_t file, struct writer *out,
                           uint16_t *out_sw);
/* Makes the file or replaces its content, of at most CLIENT_LONG_MAX bytes. What lies beyond
 * CLIENT_FILE_MAX travels in one extended command: not through a channel (CLIENT_MALFORMED). When a
 * later part fails, the file holds the beginning. */
MUST_CHECK int client_write(const struct reader_card *card, uint16_t file, struct span content,
                            uint16_t *out_sw);
/* Deletes a file, or the key CCxx alone without what describes it. */
MUST_CHECK int client_delete(const struct reader_card *card, uint16_t file, uint16_t *out_sw);

/* A key domain: its number of shares, how many are missing, and its check value once none is; a
 * group's has zeros for one until it has a secret. */
#define CLIENT_GROUP 64
struct client_domain {
    uint8_t shares, outstanding, check[8];
    bool has_group;
    uint8_t group[CLIENT_GROUP]; /* of an XKEK domain */
};
/* CLIENT_REFUSED with 6D00: no keys leave this device; 6A88: free slot; 6A86: beyond the last. */
MUST_CHECK int client_domain(const struct reader_card *card, uint8_t domain,
                             struct client_domain *out, uint16_t *out_sw);
/* Wants a login, as all that follow. share: CLIENT_SHARE bytes. */
MUST_CHECK int client_import_share(const struct reader_card *card, uint8_t domain,
                                   struct span share, struct client_domain *out, uint16_t *out_sw);
/* shares 0: a secret made inside. */
MUST_CHECK int client_create_domain(const struct reader_card *card, uint8_t domain, uint8_t shares,
                                    uint16_t *out_sw);
MUST_CHECK int client_delete_domain(const struct reader_card *card, uint8_t domain,
                                    uint16_t *out_sw);
/* Forgets the secret; the shares start again. */
MUST_CHECK int client_clear_domain(const struct reader_card *card, uint8_t domain,
                                   uint16_t *out_sw);

/* A group's domain, by a membership: contents of 67, then 54. CLIENT_REFUSED with 6985: it is not
 * this token's. */
MUST_CHECK int client_join_domain(const struct reader_card *card, uint8_t domain,
                                  struct span membership, uint16_t *out_sw);
/* Makes a key, or replaces the one of this number; its request is then in file CExx. */
struct client_new_key {
    struct key_spec spec;
    struct span name;       /* in its request */
    int domain;             /* -1: none */
    struct span algorithms; /* all that it may do; empty: whatever its kind does, but derive keys */
};
MUST_CHECK int client_generate(const struct reader_card *card, uint8_t key,
                               const struct client_new_key *wished, uint16_t *out_sw);
/* Shares a secret with the member of the group whose request (contents of 67) this is. */
MUST_CHECK int client_exchange_key(const struct reader_card *card, uint8_t key, struct span request,
                                   struct client_domain *out, uint16_t *out_sw);
/* The domain of a key that can do nothing but exchange; -1 of any other. CLIENT_REFUSED with 6A82:
 * there is no such key. */
MUST_CHECK int client_exchange_domain(const struct reader_card *card, uint8_t key, int *out_domain,
                                      uint16_t *out_sw);

/* Custodians: whose keys, in tokens of their own, log in (protocol.md 10). */
#define CLIENT_NAME_MAX       16 /* of a holder in a certificate */
#define CLIENT_CUSTODIANS_MAX 90
#define CLIENT_CHALLENGE      8
#define CLIENT_SIGNATURE_MAX  1024

/* How many there shall be, how many places are free, how many must sign, and how many have in this
 * session. CLIENT_REFUSED with 6D00: this device has none. */
struct client_custody {
    uint8_t total, missing, required, authenticated;
};
MUST_CHECK int client_custody(const struct reader_card *card, struct client_custody *out,
                              uint16_t *out_sw);
/* Appends the custodian's name; *out_sw is 9001 when it has signed in. CLIENT_REFUSED with 6A88:
 * the place is free; 6A86: beyond the last. */
MUST_CHECK int client_custodian(const struct reader_card *card, uint8_t place, struct writer *out,
                                uint16_t *out_sw);
/* Chooses the key that certificates are then verified with. CLIENT_REFUSED with 6A88: unknown. */
MUST_CHECK int client_choose_issuer(const struct reader_card *card, struct span name,
                                    uint16_t *out_sw);
/* The contents of 7F21. */
MUST_CHECK int client_verify_certificate(const struct reader_card *card, struct span certificate,
                                         uint16_t *out_sw);
/* The contents of 67; wants a login. */
MUST_CHECK int client_register_custodian(const struct reader_card *card, struct span request,
                                         uint16_t *out_sw);
/* The same, in the place of another. */
MUST_CHECK int client_replace_custodian(const struct reader_card *card, uint8_t place,
                                        struct span request, uint16_t *out_sw);
/* Chooses whose signature comes next. */
MUST_CHECK int client_choose_custodian(const struct reader_card *card, struct span name,
                                       uint16_t *out_sw);
/* Appends CLIENT_CHALLENGE random bytes, that the next signature has to cover. */
MUST_CHECK int client_challenge(const struct reader_card *card, struct writer *out,
                                uint16_t *out_sw);
/* The custodian's signature: plain r || s, or RSA. */
MUST_CHECK int client_authenticate(const struct reader_card *card, struct span signature,
                                   uint16_t *out_sw);
/* Appends a key's signature, as the card gives it: DER for an elliptic curve. algorithm: the card's
 * byte (docs/COMMANDS.md). */
MUST_CHECK int client_sign(const struct reader_card *card, uint8_t key, uint8_t algorithm,
                           struct span input, struct writer *out, uint16_t *out_sw);

/* Appends the wrapped key. CLIENT_REFUSED with 6985: it may not leave. */
MUST_CHECK int client_wrap(const struct reader_card *card, uint8_t key, struct writer *out,
                           uint16_t *out_sw);
/* Makes the key, or replaces the one of this number. CLIENT_REFUSED with 6A80: wrapped under
 * another secret, or damaged. */
MUST_CHECK int client_unwrap(const struct reader_card *card, uint8_t key, struct span blob,
                             uint16_t *out_sw);
