/* SPDX-License-Identifier: Apache-2.0 */
/* Restricts the daemon to the files that its settings name, with Landlock where the kernel has it:
 * no other token's store can be reached. */
#pragma once

#include <stdbool.h>

#include "daemon/config.h"

/* Restricts this thread, and those that it starts, to the files that the settings name and to TCP
 * connections to the reader's port, as far as the kernel can enforce it. Call it before the store
 * is opened. *out_confined is false, which is no fault, where the kernel has no Landlock (ENOSYS,
 * EOPNOTSUPP) or the build writes files of its own. Any other error is a fault, as where a filter
 * of system calls forbids it: FAULT_LIBRARY. */
MUST_CHECK int confine_files(const struct config *config, bool *out_confined);
