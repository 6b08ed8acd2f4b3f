/* What must not change on a token in use: tries, objects, their contents, domains, custodians. */
#pragma once

#include <jansson.h>

#include "host/tool/card/card_verb.h"

#define CONFORM_FACTS_MAX (2 * CLIENT_FILES_MAX + 300)

struct conform_fact {
    char what[24];
    char answer[65]; /* in hex: the card's answer, or the SHA-256 of a longer one */
};
struct conform_state {
    struct conform_fact facts[CONFORM_FACTS_MAX];
    size_t count;
};

/* By queries alone; the application is selected and nobody logged in. A result of host/client/client.h. */
MUST_CHECK int conform_state_take(struct card_call *call, struct conform_state *out);
/* A list of {"what", "before", "after"}, of which one may be null; NULL when there is no memory. */
json_t *conform_state_changes(const struct conform_state *before,
                              const struct conform_state *after);
