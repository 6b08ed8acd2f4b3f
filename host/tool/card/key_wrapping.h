/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs wrap and unwrap of `glasshsm key`: keys that leave a token encrypted, and come into
 * one. */
#pragma once

#include "host/tool/card/card_verb.h"

struct unwrap_options {
    struct card_options common;
    bool yes;
};

/* wrap NUMBER: writes the wrapped key to --out, where no file may be, or standard output. Its
 * prepare, and its run. */
int key_prepare_wrap(struct card_call *call);
int key_wrap(struct card_call *call);
/* unwrap FILE NUMBER: the verb's prepare, and its run. */
int key_prepare_unwrap(struct card_call *call);
int key_unwrap(struct card_call *call);
/* The `ask` of both verbs: their needs, or -1 after a complaint about a number that is none. */
int key_needs(const struct card_call *call);
/* Reads the last argument of the call as a key's number; false: it is none. */
MUST_CHECK bool key_named(const struct card_call *call, uint8_t *out);
/* Checks that a key may be made under this number: none is there, or the user said --yes. 0, or the
 * exit status after a complaint. */
MUST_CHECK int key_check_free(struct card_call *call, uint8_t number, bool yes);
