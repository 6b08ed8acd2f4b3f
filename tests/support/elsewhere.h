/* SPDX-License-Identifier: Apache-2.0 */
/* Another device, under another root, whose keys become custodians of a card. Keys 01, 02, ... on
 * P-256, each under a name of its own. */
#pragma once

#include "tests/support/papers.h"

#define CUSTODIANS_ELSEWHERE 5

struct elsewhere {
    struct card_fixture card;
    struct papers custodians[CUSTODIANS_ELSEWHERE]; /* one device's, with a request for each key */
};

void elsewhere_init(struct elsewhere *e);
void elsewhere_deinit(struct elsewhere *e);
/* r || s over the message, by the key of a custodian. */
void elsewhere_sign(struct elsewhere *e, unsigned custodian, struct span message,
                    struct writer *out);
