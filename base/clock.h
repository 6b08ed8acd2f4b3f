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

/* Milliseconds since the Unix epoch, as the machine's clock is set. */
static inline uint64_t wall_clock_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}
