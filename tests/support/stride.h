/* SPDX-License-Identifier: Apache-2.0 */
/* Which Nth to try after this one. Sanitizers make each try slow: their build sets GLASSHSM_STRIDE
 * and tries the first ones and then some. With GLASSHSM_LONG none is left out. */
#pragma once

#include <stdlib.h>

#define TRIED_ALL 12

static inline unsigned stride(void)
{
    const char *stride = getenv("GLASSHSM_LONG") ? NULL : getenv("GLASSHSM_STRIDE");
    return stride ? (unsigned)atoi(stride) : 1;
}

static inline unsigned next_nth(unsigned nth)
{
    return nth + (nth >= TRIED_ALL ? stride() : 1);
}
