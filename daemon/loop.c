#include "daemon/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/failure.h"
#include "daemon/clock.h"

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

/* Milliseconds that poll may sleep, rounded up so that it does not wake just before a deadline. */
static int patience(uint64_t deadline)
{
    if (deadline == LOOP_NEVER)
        return -1;
    uint64_t now = now_us();
    return deadline <= now ? 0 : (int)((deadline - now + 999) / 1000);
}

static int wait_for_events(struct loop *loop, struct loop_wish *wishes, struct pollfd *polled)
{
    uint64_t first = LOOP_NEVER;
    for (unsigned i = 0; i < loop->count; i++) {
        struct loop_watcher *watcher = &loop->watchers[i];
        wishes[i] = watcher->wish(watcher->context);
        polled[i] = (struct pollfd){ .fd = wishes[i].fd, .events = wishes[i].events };
        if (wishes[i].deadline < first)
            first = wishes[i].deadline;
    }
    if (poll(polled, loop->count, patience(first)) < 0 && errno != EINTR)
        return failure(FAULT_LIBRARY, "poll: %s", strerror(errno));
    return 0;
}

int loop_run(struct loop *loop)
{
    struct loop_wish wishes[LOOP_WATCHERS_MAX];
    struct pollfd polled[LOOP_WATCHERS_MAX];
    while (!loop->stopped) {
        int r = wait_for_events(loop, wishes, polled);
        if (r)
            return r;
        uint64_t now = now_us();
        for (unsigned i = 0; i < loop->count && !loop->stopped; i++)
            if (polled[i].revents || wishes[i].deadline <= now)
                loop->watchers[i].ready(loop->watchers[i].context, polled[i].revents, now);
    }
    return 0;
}

int loop_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    int fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return failure(FAULT_LIBRARY, "signalfd: %s", strerror(errno)), -1;
    return fd;
}
