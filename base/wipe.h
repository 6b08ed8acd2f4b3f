/* SPDX-License-Identifier: Apache-2.0 */
/* Wiping memory that held secrets; secret.h has the memory itself. */
#pragma once

#include <stddef.h>

/* Overwrites memory with zeros in a way that the compiler cannot optimise away. */
void secret_wipe(void *at, size_t size);

/* Overwrites size bytes of stack below the caller's frame, where functions that it has called, a
 * library's for instance, may have left secrets. */
void secret_wipe_stack(size_t size);
