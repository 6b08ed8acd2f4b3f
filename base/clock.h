/* The clocks of the process: card, bridge and tool get theirs from here. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_us(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* For deadlines: never goes back, stands still while the machine sleeps. */
static inline uint64_t now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

/* Since the Unix epoch, as the machine believes. */
static inline uint64_t wall_clock_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}
