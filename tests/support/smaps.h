/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of a mapping (/proc/self/smaps). */
#pragma once

#include <stdbool.h>

/* Whether the mapping that holds this address has a flag of VmFlags: "lo" locked, "dd" not dumped.
 */
bool smaps_has_flag(const void *address, const char *flag);
/* Whether locking shows at all: the address sanitizer turns mlock into nothing, and the limit may
 * be zero. Tried on a page of its own. */
bool smaps_shows_locking(void);
