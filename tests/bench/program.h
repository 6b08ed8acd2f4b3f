/* SPDX-License-Identifier: Apache-2.0 */
/* Other programs, run to their end with their output thrown away. */
#pragma once

#include <stdbool.h>

struct program {
    char *const *arguments; /* the name first; NULL after the last */
    bool may_fail;
};

/* An operation (bench.h); the context is the program. It inherits the environment, looks in PATH,
 * and unless it may fail it has to end with status 0. */
void program_run(void *program);
