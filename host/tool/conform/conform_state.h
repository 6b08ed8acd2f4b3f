/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a token that a safe run must not change: tries, objects, their contents, domains,
 * custodians. */
#pragma once

#include <jansson.h>

#include "host/tool/card/card_verb.h"

#define CONFORM_FACTS_MAX (2 * CLIENT_FILES_MAX + 300)

struct conform_fact {
    char what[24];
    char answer[65]; /* hexadecimal: the card's answer, or the SHA-256 of a longer one */
};
struct conform_state {
    struct conform_fact facts[CONFORM_FACTS_MAX];
    size_t count;
};

/* Takes the state by read-only commands; the application is selected and nobody is logged in. A
 * result of host/client/client.h. */
MUST_CHECK int conform_state_take(struct card_call *call, struct conform_state *out);
/* The differences: a list of {"what", "before", "after"}, where before or after is null for a fact
 * that was not there. NULL: no memory. */
json_t *conform_state_changes(const struct conform_state *before,
                              const struct conform_state *after);
