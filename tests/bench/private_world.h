/* SPDX-License-Identifier: Apache-2.0 */
/* The private world of `glasshsm run`, for benchmarks. */
#pragma once

#include "host/world/world.h"

/* store: NULL: a new token in memory. Sets PCSCLITE_CSOCK_NAME for this process. Skips the
 * benchmark where there can be no world. */
void private_world_start(const char *daemon, const char *store, struct world *out);
/* The same, of this level. */
void private_world_start_level(const char *daemon, const char *store, unsigned level,
                               struct world *out);
