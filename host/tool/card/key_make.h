/* SPDX-License-Identifier: Apache-2.0 */
/* The verb `glasshsm key generate`. */
#pragma once

#include "host/tool/card/card_verb.h"

struct key_make_options {
    struct card_options common;
    int domain; /* -1: none */
    bool derive, yes;
    const char *label; /* NULL: none */
};
extern const struct option_row key_make_rows[];

int key_make(struct card_call *call);
int key_make_needs(const struct card_call *call);

/* Appends the holder name for the request of the key with this number. device: the device's holder
 * name; the result is the token's serial number from it, and five digits that differ from the
 * device's. */
void key_make_name(struct span device, uint8_t number, struct writer *out);
