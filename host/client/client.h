/* SPDX-License-Identifier: Apache-2.0 */
/* The card's commands as typed calls, for programs that talk to a token through a reader. Any
 * SmartCard-HSM understands them, in any reader: they are short APDUs of docs/protocol.md, but for
 * client_list, client_wrap and client_unwrap.
 *
 * An answer of another length or form than the command promises is CLIENT_MALFORMED, and nothing of
 * it is used. Every call gives 0, the positive results of reader.h or of here, or a fault; *out_sw
 * is the card's status word whenever there was one. */
#pragma once

#include "base/results.h"
#include "crypto/crypto.h"
#include "formats/channel.h"
#include "host/client/reader.h"

/* Positive results beside those of reader.h. */
enum {
    /* The card answered another status word than 9000; see out_sw. */
    CLIENT_REFUSED = RESULTS_CLIENT,
    /* The answer has no status word, or not the promised structure or length. */
    CLIENT_MALFORMED,
    CLIENT_UNTRUSTED,      /* the card is not the device that the root vouches for */
    CLIENT_CHANNEL_BROKEN, /* the answer does not verify, or the card ended the channel */
};

#define CLIENT_FILE_MAX 65535 /* bytes that a two-byte offset reaches */
#define CLIENT_LONG_MAX                                                                            \
    131055 /* with the 65,520 bytes that one extended command carries from there */
#define CLIENT_FILES_MAX 1024 /* on one card; the hardware holds fewer */
#define CLIENT_PIN_MAX   16
#define CLIENT_BLOB_MAX  3659 /* a wrapped key: RSA-8192 */
#define CLIENT_SHARE     32   /* bytes of a DKEK share */

/* PINs by their reference, protocol.md 3.1. */
enum client_pin { CLIENT_USER_PIN = 0x81, CLIENT_SO_PIN = 0x88 };

/* Whether a card with this ATR is of the SmartCard-HSM family, judged by its historical bytes
 * (protocol.md 1.1). */
bool client_is_family(struct span atr);

/* Selects the SmartCard-HSM application, which ends a login. Always sent in the clear, so that it
 * ends a channel as well. */
MUST_CHECK int client_select(struct reader_card *card, uint16_t *out_sw);

/* Selects the application and reads the version that the card tells in its answer (protocol.md
 * 1.3). Sent through the channel if there is one, which stays open. */
struct client_version {
    uint16_t options;
    uint8_t platform, major, minor;
};
MUST_CHECK int client_describe(const struct reader_card *card, struct client_version *out,
                               uint16_t *out_sw);

/* Opens a secure channel: all later calls with this card go through it, until client_select().
 * CLIENT_UNTRUSTED: the certificates do not lead to the root, or the device has none. The caller
 * keeps the channel as long as the card, and wipes it. Appends the holder's name in the device's
 * certificate, CLIENT_NAME_MAX bytes at most, to out_device; with a root, that name is verified. */
struct client_trust {
    struct span root; /* a root's certificate; empty: the device is not verified */
    uint32_t today;   /* cvc_day(), for the certificates' dates */
};
MUST_CHECK int client_open_channel(struct reader_card *card, const struct client_trust *trust,
                                   struct channel *channel, struct writer *out_device,
                                   uint16_t *out_sw);

/* Presents the user PIN, which logs in; a refusal's status word says how many tries remain
 * (63Cx). */
MUST_CHECK int client_verify(const struct reader_card *card, struct span pin, uint16_t *out_sw);
/* Asks for a PIN's state and changes nothing: 0 is "presented"; else CLIENT_REFUSED with 63Cx
 * (tries left), 6983 (blocked), 6984 (transport PIN) or 6A88 (never initialised). */
MUST_CHECK int client_pin_state(const struct reader_card *card, enum client_pin which,
                                uint16_t *out_sw);
MUST_CHECK int client_change_pin(const struct reader_card *card, enum client_pin which,
                                 struct span old, struct span fresh, uint16_t *out_sw);
/* Resets the user PIN's tries, authorised by the SO-PIN; an empty new PIN leaves the PIN as it
 * is. */
MUST_CHECK int client_unblock(const struct reader_card *card, struct span so_pin, struct span fresh,
                              uint16_t *out_sw);

/* How keys may leave the device: not at all; under one DKEK of `count` shares (0: its secret is
 * made inside); under the secrets of `count` key domains. */
enum client_export { CLIENT_NO_EXPORT, CLIENT_DKEK, CLIENT_DOMAINS };

/* Initialises the token: deletes every object, and sets the PINs and these options. */
struct client_wishes {
    struct span user_pin, so_pin;
    uint8_t tries; /* of the user PIN */
    enum client_export exports;
    uint8_t count; /* of shares or domains */
    /* Custodians: how many there shall be and how many must sign. None: 0. */
    uint8_t custodians, required;
    /* Login needs PIN and custodians; else either is enough. Without a user PIN the custodians
     * alone log in. */
    bool together;
    bool replaceable; /* a custodian can be replaced */
};
MUST_CHECK int client_initialize(const struct reader_card *card, const struct client_wishes *wishes,
                                 uint16_t *out_sw);

/* How many bytes are free for keys and files, and how many are taken; the hardware does not tell
 * the latter (tells_used). CLIENT_REFUSED: the card is older than version 2.4. */
struct client_memory {
    uint32_t free, used;
    bool tells_used;
};
MUST_CHECK int client_memory(const struct reader_card *card, struct client_memory *out,
                             uint16_t *out_sw);
/* Identifiers of all files and keys, in the card's order. */
MUST_CHECK int client_list(const struct reader_card *card, uint16_t out[CLIENT_FILES_MAX],
                           size_t *out_count, uint16_t *out_sw);
/* The length of a file in bytes; needs no login. */
MUST_CHECK int client_size(const struct reader_card *card, uint16_t file, size_t *out,
                           uint16_t *out_sw);
/* Appends the whole content of a file. Beyond CLIENT_FILE_MAX bytes the rest comes in one extended
 * answer, which is not possible through a channel (CLIENT_MALFORMED). */
MUST_CHECK int client_read(const struct reader_card *card, uint16_t file, struct writer *out,
                           uint16_t *out_sw);
/* Creates the file or replaces its content, of at most CLIENT_LONG_MAX bytes. What lies beyond
 * CLIENT_FILE_MAX is sent in one extended command, which is not possible through a channel
 * (CLIENT_MALFORMED). When a later part fails, the file holds the beginning of the content. */
MUST_CHECK int client_write(const struct reader_card *card, uint16_t file, struct span content,
                            uint16_t *out_sw);
/* Deletes a file. Of the key CCxx it deletes the key alone, not the files that describe it. */
MUST_CHECK int client_delete(const struct reader_card *card, uint16_t file, uint16_t *out_sw);

/* A key domain: its number of shares, how many are still missing, and its check value once none is
 * missing. The check value of a group's domain is zeros until the domain has a secret. */
#define CLIENT_GROUP 64
struct client_domain {
    uint8_t shares, outstanding, check[8];
    bool has_group;
    uint8_t group[CLIENT_GROUP]; /* the group's identifier, in an XKEK domain */
};
/* Reads the state of a key domain. CLIENT_REFUSED with 6D00: no keys leave this device; 6A88: the
 * domain does not exist, the number is free; 6A86: the number is beyond the last. */
MUST_CHECK int client_domain(const struct reader_card *card, uint8_t domain,
                             struct client_domain *out, uint16_t *out_sw);
/* Imports a DKEK share of CLIENT_SHARE bytes. This call, and those on domains and keys that follow,
 * need a login. */
MUST_CHECK int client_import_share(const struct reader_card *card, uint8_t domain,
                                   struct span share, struct client_domain *out, uint16_t *out_sw);
/* Creates a domain of so many shares; 0: its secret is made inside the token. */
MUST_CHECK int client_create_domain(const struct reader_card *card, uint8_t domain, uint8_t shares,
                                    uint16_t *out_sw);
MUST_CHECK int client_delete_domain(const struct reader_card *card, uint8_t domain,
                                    uint16_t *out_sw);
/* Clears the domain's secret; its shares have to be imported again. */
MUST_CHECK int client_clear_domain(const struct reader_card *card, uint8_t domain,
                                   uint16_t *out_sw);

/* Creates a domain for a group, given a membership: the contents of tag 67, then tag 54.
 * CLIENT_REFUSED with 6985: the membership is not this token's. */
MUST_CHECK int client_join_domain(const struct reader_card *card, uint8_t domain,
                                  struct span membership, uint16_t *out_sw);
/* Generates a key, replacing one with this number; its certificate request is then in file CExx. */
struct client_new_key {
    struct key_spec spec;
    struct span name;       /* of the key's holder, in its request */
    int domain;             /* -1: none */
    struct span algorithms; /* all that it may do; empty: whatever its kind does, but derive keys */
};
MUST_CHECK int client_generate(const struct reader_card *card, uint8_t key,
                               const struct client_new_key *wished, uint16_t *out_sw);
/* Agrees on the domain's secret with the group member whose request (contents of tag 67) this
 * is. */
MUST_CHECK int client_exchange_key(const struct reader_card *card, uint8_t key, struct span request,
                                   struct client_domain *out, uint16_t *out_sw);
/* The domain of a key that serves only key exchange; -1 for any other key. CLIENT_REFUSED with
 * 6A82: there is no such key. */
MUST_CHECK int client_exchange_domain(const struct reader_card *card, uint8_t key, int *out_domain,
                                      uint16_t *out_sw);

/* Custodians: people whose keys, in tokens of their own, log in to this one (protocol.md 10). */
#define CLIENT_NAME_MAX       16 /* bytes of a holder's name in a certificate */
#define CLIENT_CUSTODIANS_MAX 90
#define CLIENT_CHALLENGE      8
#define CLIENT_SIGNATURE_MAX  1024

/* The number of custodians in all, of places still free, of signatures required, and of custodians
 * who have signed in this session. CLIENT_REFUSED with 6D00: this device has no custodians. */
struct client_custody {
    uint8_t total, missing, required, authenticated;
};
MUST_CHECK int client_custody(const struct reader_card *card, struct client_custody *out,
                              uint16_t *out_sw);
/* Appends the name of the custodian in a place; *out_sw is 9001 if that custodian has signed in.
 * CLIENT_REFUSED with 6A88: the place is free; 6A86: it is beyond the last. */
MUST_CHECK int client_custodian(const struct reader_card *card, uint8_t place, struct writer *out,
                                uint16_t *out_sw);
/* Chooses the issuer whose key verifies the certificates that follow. CLIENT_REFUSED with 6A88: the
 * card does not know the issuer. */
MUST_CHECK int client_choose_issuer(const struct reader_card *card, struct span name,
                                    uint16_t *out_sw);
/* Has the card verify a certificate (contents of tag 7F21) with the chosen issuer's key. */
MUST_CHECK int client_verify_certificate(const struct reader_card *card, struct span certificate,
                                         uint16_t *out_sw);
/* Registers a custodian by the request for the custodian's key (contents of tag 67); needs a
 * login. */
MUST_CHECK int client_register_custodian(const struct reader_card *card, struct span request,
                                         uint16_t *out_sw);
/* Registers a custodian in the place of another; as client_register_custodian(). */
MUST_CHECK int client_replace_custodian(const struct reader_card *card, uint8_t place,
                                        struct span request, uint16_t *out_sw);
/* Chooses the custodian whose signature client_authenticate() presents next. */
MUST_CHECK int client_choose_custodian(const struct reader_card *card, struct span name,
                                       uint16_t *out_sw);
/* Appends CLIENT_CHALLENGE random bytes, which the next custodian's signature has to cover. */
MUST_CHECK int client_challenge(const struct reader_card *card, struct writer *out,
                                uint16_t *out_sw);
/* Presents the chosen custodian's signature: plain r || s, or RSA. */
MUST_CHECK int client_authenticate(const struct reader_card *card, struct span signature,
                                   uint16_t *out_sw);
/* Appends a key's signature, as the card gives it: DER for an elliptic curve. algorithm: the card's
 * byte (docs/COMMANDS.md). */
MUST_CHECK int client_sign(const struct reader_card *card, uint8_t key, uint8_t algorithm,
                           struct span input, struct writer *out, uint16_t *out_sw);

/* Appends the key, wrapped under its domain's secret. CLIENT_REFUSED with 6985: the key may not
 * leave the token. */
MUST_CHECK int client_wrap(const struct reader_card *card, uint8_t key, struct writer *out,
                           uint16_t *out_sw);
/* Unwraps a key into the token, replacing one with this number. CLIENT_REFUSED with 6A80: the blob
 * was wrapped under another secret, or is damaged. */
MUST_CHECK int client_unwrap(const struct reader_card *card, uint8_t key, struct span blob,
                             uint16_t *out_sw);
