/* SPDX-License-Identifier: Apache-2.0 */
/* The first client of a private world, which shows that its cards answer. */
#pragma once

#include <sys/types.h>

#include "host/world/world_request.h"

/* What the visitor writes, one byte each: the number of a step that is reached (WORLD_SERVICE,
 * WORLD_CARD, WORLD_ANSWER), or that pcscd does not let us in. */
enum { WORLD_VISIT_DENIED = WORLD_STEPS };

/* Starts a process that visits the cards and writes to the descriptor told; it gives its id, or -1
 * with errno. It is a process of its own because the PC/SC library finds its service by an
 * environment variable, once per process, and waits without end for a pcscd that hangs. first: the
 * world's first process; service: the path of pcscd's socket. */
pid_t world_send_visitor(const struct world_request *request, pid_t first, const char *service,
                         int told);
