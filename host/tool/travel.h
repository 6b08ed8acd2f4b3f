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
