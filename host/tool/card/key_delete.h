/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting a key, for the verbs `key delete` and `object delete`: it is gone for ever, so the user
 * says --yes or types its number. */
#pragma once

#include "host/tool/card/card_verb.h"

struct key_delete_options {
    struct card_options common;
    bool yes;
};
extern const struct option_row key_delete_rows[];

/* The parts of a struct card_verb whose options are those above, for the key of this number. */
int key_delete_ask(const struct card_call *call);
int key_delete_look(struct card_call *call, uint8_t number);
int key_delete_prepare(struct card_call *call, uint8_t number);
/* Deletes the key, its description and its certificate. */
int card_delete_key(struct card_call *call, uint8_t number);

/* The same for a verb whose first operand is the key. */
int key_delete_verb_ask(const struct card_call *call);
int key_delete_verb_look(struct card_call *call);
int key_delete_verb_prepare(struct card_call *call);
int key_delete_run(struct card_call *call);
