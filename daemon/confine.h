/* The files that a daemon reaches: Landlock, where the kernel has it. What its settings name, and
 * no other token's store. */
#pragma once

#include <stdbool.h>

#include "daemon/config.h"

/* Leaves this thread, and those that it starts, the files that the settings name, and of the
 * network nothing but connections to the reader's port, as far as the kernel can tell. Call it
 * before the store is opened. *out_confined is false where the kernel knows no Landlock, or the
 * build writes files of its own: that is no fault. Fault: FAULT_LIBRARY. */
MUST_CHECK int confine_files(const struct config *config, bool *out_confined);
