/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm token list: every token that can be seen from here. */
#pragma once

#include "host/tool/card/card_verb.h"

int token_list_ask(const struct card_call *call);
int token_list(struct card_call *call);
