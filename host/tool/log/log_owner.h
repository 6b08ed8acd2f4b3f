/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `glasshsm log` with which a token's owner sends something to its daemon. They are
 * rows in log.c. */
#pragma once

#include "host/tool/cli/admin_client.h"

struct log_owner_options {
    struct admin_place place;
    bool as_json;
    const char *forced, *limit, *keep, *read; /* of the policy; NULL: not given */
};
/* Of all three, and of the verb policy alone. */
extern const struct option_row log_owner_rows[], log_policy_rows[];

int log_note(struct command_line *command);
int log_acknowledge(struct command_line *command);
int log_policy(struct command_line *command);
