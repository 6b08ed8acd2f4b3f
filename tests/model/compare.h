/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a card is in the state in which the model says it is: its whole session, and its store,
 * looked at from inside, so that nothing of both is changed by looking. */
#pragma once

#include "tests/model/play.h"

/* NULL, or what differs. */
const char *compare_session(const struct card *card, const struct model *m);
const char *compare_store(struct store *store, const struct model *m);
/* How many tries a PIN has left in the store. */
uint8_t compare_tries(struct store *store, uint8_t reference);
