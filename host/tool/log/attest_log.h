/* What the signed log of a token says of a key: generated, imported or derived, and how often it
 * left. From files alone: a snapshot of the log, and the receipt that vouches for it. */
#pragma once

#include <stdbool.h>

struct attest_log_order {
    const char *log, *receipt;
    /* The key; one of these: a file with its public part, the start of its name in records, the
     * place that it has at the end of the log. The others are NULL. */
    const char *file, *name, *place;
    bool as_json;
};
/* The exit status: TOOL_DONE when the key was made in the token, so that nobody brought it in. */
int attest_by_log(const struct attest_log_order *order);
