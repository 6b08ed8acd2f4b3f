/* `glasshsm key generate`. */
#pragma once

#include "host/tool/card/card_verb.h"

int key_make(struct card_call *call);
int key_make_needs(const struct card_call *call);

/* What a request calls the key of this number, after the device's holder name: the token's serial
 * number, and five digits that are not the device's own. */
void key_make_name(struct span device, uint8_t number, struct writer *out);
