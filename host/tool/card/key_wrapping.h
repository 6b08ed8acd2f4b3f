/* Keys that leave a token and come into one: the verbs wrap and unwrap of `glasshsm key`. */
#pragma once

#include "host/tool/card/card_verb.h"

/* NUMBER, to --out or standard output. */
int key_wrap(struct card_call *call);
/* FILE NUMBER. */
int key_prepare_unwrap(struct card_call *call);
int key_unwrap(struct card_call *call);
/* What both ask for; complains of a number that is none. */
int key_needs(const struct card_call *call);
/* The last word of the call, as a key's number. */
MUST_CHECK bool key_named(const struct card_call *call, uint8_t *out);
/* Whether a key may be made under this number: there is none, or --yes was said. 0, or the exit
 * status. */
MUST_CHECK int key_check_free(struct card_call *call, uint8_t number);
