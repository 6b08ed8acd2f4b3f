/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of the machine, in the units that the card, the bridge and the tools use. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_us(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Microseconds since an arbitrary start, for deadlines: never decreases, and stands still while the
 * machine is suspended. */
static inline uint64_t now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

/* Milliseconds until a deadline of now_us(), for poll(2): rounded up, so that it does not wake just
 * before; 0 when it has passed; -1, without end, for CLOCK_NEVER. */
#define CLOCK_NEVER UINT64_MAX
static inline int left_ms(uint64_t deadline)
{
    uint64_t now = now_us();
    if (deadline == CLOCK_NEVER)
        return -1;
    return deadline <= now ? 0 : (int)((deadline - now + 999) / 1000);
}

/* Milliseconds since the Unix epoch, as the machine's clock is set. */
static inline uint64_t wall_clock_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}
