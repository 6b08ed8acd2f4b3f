/* What the process gives up: core dumps, new privileges, the swap, and system calls that a running
 * daemon has no use for. */
#pragma once

#include <stdbool.h>

#include "base/scope.h"

/* First thing in main: nobody can attach to the process or dump it, files it makes are its own, and
 * it can gain no rights by executing something. Fault: FAULT_LIBRARY. */
MUST_CHECK int sandbox_early(void);
/* Locks all memory, present and future, as it is touched. False when the system does not allow it;
 * secrets are still locked one by one (base/secret.h). */
MUST_CHECK bool sandbox_lock_memory(void);
/* False in a build with sanitizers, whose own system calls at the end would be refused. */
bool sandbox_filter_possible(void);
/* From now on, in all threads, system calls that are on no list fail with EPERM. Call it before a
 * store is read, when the threads run. Fault: FAULT_LIBRARY. */
MUST_CHECK int sandbox_filter(void);
/* And those neither that only a start needs. After sandbox_filter(). Fault: FAULT_LIBRARY. */
MUST_CHECK int sandbox_filter_start(void);
