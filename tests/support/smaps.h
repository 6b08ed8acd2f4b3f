/* What the kernel says of a mapping (/proc/self/smaps). */
#pragma once

#include <stdbool.h>

/* Whether the mapping that holds this address has a flag of VmFlags: "lo" locked, "dd" not dumped.
 */
bool smaps_has_flag(const void *address, const char *flag);
