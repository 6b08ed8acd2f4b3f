/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a token that nobody has initialised yet ready to use, with the PINs of development, while
 * it lies at rest: what `glasshsm token init` does through a reader. The card does the work, by the
 * same command, and its log has it. */
#pragma once

#include "card-os/env.h"

#define FIRST_PIN    "648219"
#define FIRST_SO_PIN "3537363231383830"

struct first_init {
    const char *label; /* of at most 64 bytes; NULL: it keeps its own */
    int shares; /* of the DKEK under which keys may leave, 0 to 255; -1: no key ever leaves */
};

/* Whether nobody has initialised the token: 0, and *out; or a fault. */
MUST_CHECK int first_init_is_due(struct store *store, bool *out);
/* Initialises it. env: as tool_place_env() gives it. 0, or the exit status after a complaint. */
MUST_CHECK int first_init(const struct env *env, const struct first_init *wishes);
