/* SPDX-License-Identifier: Apache-2.0 */
/* What the signed log of a token tells of a key: whether it was generated, imported or derived, and
 * how often it left. Judged from files alone: a snapshot of the log, and the receipt that vouches
 * for it. */
#pragma once

#include <stdbool.h>

struct command_line;

struct attest_log_order {
    const struct command_line *command;
    const char *log, *receipt;
    /* The key, by one of these; the others are NULL: a file with its public part, the start of its
     * name in records, or its place at the end of the log. */
    const char *file, *name, *place;
    bool as_json;
};
/* Prints the judgement. The exit status is TOOL_DONE when the key was made in the token, so that
 * nobody brought it in. */
int attest_by_log(const struct attest_log_order *order);
