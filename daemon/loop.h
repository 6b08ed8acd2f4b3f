/* SPDX-License-Identifier: Apache-2.0 */
/* A thread's loop, of the main thread and of the card's: one poll() over a fixed list of
 * watchers, with their deadlines.
 *
 * A watcher says before each round what it waits for, so nothing has to be registered or
 * re-armed, and an idle daemon makes no system call but the poll that it sleeps in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/scope.h"

#define LOOP_WATCHERS_MAX 16
#define LOOP_NEVER        CLOCK_NEVER

/* What to wait for in the next round. */
struct loop_wish {
    int fd; /* -1: no descriptor */
    short events;
    uint64_t deadline; /* LOOP_NEVER: none */
};

struct loop_watcher {
    void *context;
    struct loop_wish (*wish)(void *context);
    /* Called when the descriptor has events, or when the deadline has passed (events is 0 then). */
    void (*ready)(void *context, short events);
};

struct loop {
    struct loop_watcher watchers[LOOP_WATCHERS_MAX];
    unsigned count;
    bool stopped;
};

/* Adds a watcher. One more than LOOP_WATCHERS_MAX is a programming error, since the daemon's wiring
 * is fixed: FAULT_BROKEN. */
MUST_CHECK int loop_add(struct loop *loop, struct loop_watcher watcher);
/* Serves the watchers until loop_stop(). Fault: FAULT_LIBRARY when poll() fails. */
MUST_CHECK int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it starts, and gives a descriptor that
 * becomes readable instead; ignores SIGPIPE. -1: a fault. */
MUST_CHECK int loop_signals(void);
