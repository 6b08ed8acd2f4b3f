/* SPDX-License-Identifier: Apache-2.0 */
/* The process gives up what it does not need: core dumps, new privileges, the swap, and system
 * calls that a running daemon has no use for. */
#pragma once

#include <stdbool.h>

#include "base/scope.h"

/* Call it first in main. Afterwards nobody can attach to the process or dump it, files that it
 * makes are for its user alone, and it can gain no rights by executing something. Fault:
 * FAULT_LIBRARY. */
MUST_CHECK int sandbox_early(void);
/* Locks all memory, present and future, as it is touched. False when the system does not allow
 * that; secrets are locked one by one all the same (base/secret.h). */
MUST_CHECK bool sandbox_lock_memory(void);
/* False in a build with sanitizers, whose own system calls at the end would be refused. */
bool sandbox_filter_possible(void);
/* From now on, in all threads, system calls that the filter does not list fail with EPERM. Call it
 * before a store is read, when the threads run. Fault: FAULT_LIBRARY. */
MUST_CHECK int sandbox_filter(void);
/* Refuses also the system calls that only a start needs, and new sockets of AF_UNIX. What is left
 * of the network is TCP over IPv4, with an address in connect(2) only. Call it after
 * sandbox_filter(), when the daemon serves. Fault: FAULT_LIBRARY. */
MUST_CHECK int sandbox_filter_start(void);
