/* Keys that leave a token and come into one: the verbs wrap and unwrap of `glasshsm key`. */
#pragma once

#include "host/tool/card_verb.h"

/* NUMBER, to --out or standard output. */
int travel_wrap(struct card_call *call);
/* FILE NUMBER. */
int travel_prepare_unwrap(struct card_call *call);
int travel_unwrap(struct card_call *call);
/* What both ask for; complains of a number that is none. */
int travel_needs(const struct card_call *call);
/* The last word of the call, as a key's number. */
MUST_CHECK bool travel_named_key(const struct card_call *call, uint8_t *out);
/* Whether a key may be made under this number: there is none, or --yes was said. 0, or the exit
 * status. */
MUST_CHECK int travel_check_free(struct card_call *call, uint8_t number);
