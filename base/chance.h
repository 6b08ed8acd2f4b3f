/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the kernel, for programs that do not use a cryptographic library. */
#pragma once

#include "base/bytes.h"

/* Fills out with size random bytes. Waits until the kernel's generator is initialised, which it is
 * soon after boot. FAULT_LIBRARY. */
MUST_CHECK int chance_fill(uint8_t *out, size_t size);
