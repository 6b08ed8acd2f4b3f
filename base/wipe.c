/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wipe.h"

#include <sodium.h>

void secret_wipe(void *at, size_t size)
{
    if (size)
        sodium_memzero(at, size);
}

void secret_wipe_stack(size_t size)
{
    sodium_stackzero(size);
}
