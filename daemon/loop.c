/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/failure.h"

int loop_add(struct loop *loop, struct loop_watcher watcher)
{
    if (loop->count == LOOP_WATCHERS_MAX)
        return failure(FAULT_BROKEN, "more than %d watchers", LOOP_WATCHERS_MAX);
    loop->watchers[loop->count++] = watcher;
    return 0;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

struct loop_round {
    struct loop_wish wishes[LOOP_WATCHERS_MAX];
    struct pollfd polled[LOOP_WATCHERS_MAX];
    uint64_t first_deadline;
};

static int wait_for_events(struct loop *loop, struct loop_round *round)
{
    round->first_deadline = LOOP_NEVER;
    for (unsigned i = 0; i < loop->count; i++) {
        struct loop_wish wish = loop->watchers[i].wish(loop->watchers[i].context);
        round->wishes[i] = wish;
        round->polled[i] = (struct pollfd){ .fd = wish.fd, .events = wish.events };
        if (wish.deadline < round->first_deadline)
            round->first_deadline = wish.deadline;
    }
    if (poll(round->polled, loop->count, left_ms(round->first_deadline)) < 0 && errno != EINTR)
        return failure(FAULT_LIBRARY, "poll: %s", strerror(errno));
    return 0;
}

int loop_run(struct loop *loop)
{
    struct loop_round round;
    while (!loop->stopped) {
        int r = wait_for_events(loop, &round);
        if (r)
            return r;
        uint64_t now = round.first_deadline == LOOP_NEVER ? 0 : now_us();
        for (unsigned i = 0; i < loop->count && !loop->stopped; i++)
            if (round.polled[i].revents || round.wishes[i].deadline <= now)
                loop->watchers[i].ready(loop->watchers[i].context, round.polled[i].revents);
    }
    return 0;
}

int loop_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGHUP);
    signal(SIGPIPE, SIG_IGN); /* the reader of our log may end before us */
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    int fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return failure(FAULT_LIBRARY, "signalfd: %s", strerror(errno)), -1;
    return fd;
}
