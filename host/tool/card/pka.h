/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of `glasshsm pka` share. Statuses are exit statuses, after a complaint. */
#pragma once

#include "host/tool/card/card_verb.h"

#define CUSTODIANS_AT_ONCE 8

/* The tokens of custodians, as --custodian and the options after it name them. */
struct custodian_sources {
    int count;
    struct custodian_source {
        const char *reader; /* PART or PART:KEY: part of the reader's name, perhaps a key */
        struct pin_source pin;
        const char *root, *serial; /* NULL: the root of the call; any token */
    } at[CUSTODIANS_AT_ONCE];
};

struct register_options {
    struct card_options common;
    struct custodian_sources custodians;
    int place; /* -1: a free one */
    bool without_pin;
};

struct login_options {
    struct card_options common;
    struct custodian_sources custodians;
};
extern const struct option_row pka_login_rows[]; /* of a struct login_options */

/* Readers for options of a struct custodian_sources. The first adds a custodian; the others belong
 * to the one that was named last. */
option_reader custodian_read_reader, custodian_read_pin_file, custodian_read_pin_env,
    custodian_read_root, custodian_read_serial;
/* The rows of these options but for PINs, for the verb's struct. */
#define CUSTODIAN_ROWS(where)                                                                      \
    { "custodian", "READER[:KEY]",                                                                 \
      "the token in the reader whose name contains READER, and its KEY; again for another",        \
      INTO(where, custodians, custodian_read_reader), .many = true },                              \
        { "custodian-root", "FILE",                                                                \
          "as --root, for the token of the custodian named last; default: what --root names, "     \
          "which with --secure must then vouch for all tokens",                                    \
          INTO(where, custodians, custodian_read_root), .many = true },                            \
    {                                                                                              \
        "custodian-serial", "N", "as --serial, for the custodian named last",                      \
            INTO(where, custodians, custodian_read_serial), .many = true                           \
    }

/* Starts the cryptographic library; call it before certificates are read. */
MUST_CHECK int pka_prepare(void);
/* Asks the token for its number of custodians. TOOL_NOT_SUPPORTED: it has none. */
MUST_CHECK int pka_custody(struct card_call *call, struct client_custody *out);

/* A custodian's token in another reader. Zeroed before. */
struct custodian {
    struct card_call call;
    struct card_options options; /* of the call */
    char part[READER_NAME_SIZE];
    int key; /* number of the key that was named, or -1 */
};
/* Chooses the reader of a custodian's token and connects to it; sessions with it are those of
 * card_session.h, through a channel where the call wants one. For prepare, while the call's own
 * card is not held. */
MUST_CHECK int pka_choose_custodian(const struct card_call *call,
                                    const struct custodian_source *from, struct custodian *out);
/* Disconnects from the custodian's token. */
void pka_drop_custodian(struct custodian *custodian);

int pka_login(struct card_call *call);
int pka_login_needs(const struct card_call *call);
int pka_login_prepare(struct card_call *call);
void pka_login_finish(struct card_call *call);
