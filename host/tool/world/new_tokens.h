/* SPDX-License-Identifier: Apache-2.0 */
/* What `glasshsm run` puts on new tokens in memory before its command starts. */
#pragma once

#include "host/tool/cli/options.h"

enum { NEW_TOKEN_KEYS = 32 };

/* The options --label and --key. */
struct new_token_options {
    const char *label; /* NULL: that of a new token */
    struct new_token_keys {
        const char *at[NEW_TOKEN_KEYS]; /* TYPE:KEY:LABEL or TYPE:KEY */
        unsigned count;
    } keys;
};
extern const struct option_row new_token_rows[];

/* Whether any of these options was given. */
bool new_tokens_wanted(const struct new_token_options *options);
/* Gives so many tokens of the world that PCSCLITE_CSOCK_NAME names their label, and makes their
 * keys. False: it failed, and that was said. Makes child processes and waits for them. */
bool new_tokens_furnish(const struct new_token_options *options, unsigned tokens);
