/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/loop.h"
#include "tests/support/suite.h"

struct watched {
    struct loop *loop;
    struct loop_wish wish;
    short events; /* of the last call */
    unsigned calls;
    uint64_t called_at;
};

static struct loop_wish wish(void *context)
{
    return ((struct watched *)context)->wish;
}

static void ready_and_stop(void *context, short events)
{
    struct watched *w = context;
    w->events = events;
    w->called_at = now_us();
    w->calls++;
    loop_stop(w->loop);
}

static void run_with(struct loop *loop, struct watched *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        w[i].loop = loop;
        ck_assert_int_eq(loop_add(loop, (struct loop_watcher){ &w[i], wish, ready_and_stop }), 0);
    }
    ck_assert_int_eq(loop_run(loop), 0);
}

START_TEST(only_the_watcher_with_events_is_called)
{
    struct loop loop = { 0 };
    int quiet = eventfd(0, 0), loud = eventfd(1, 0);
    struct watched w[] = { { .wish = { quiet, POLLIN, LOOP_NEVER } },
                           { .wish = { -1, POLLIN, LOOP_NEVER } },
                           { .wish = { loud, POLLIN, LOOP_NEVER } } };
    run_with(&loop, w, COUNT_OF(w));
    ck_assert_uint_eq(w[0].calls + w[1].calls, 0);
    ck_assert_uint_eq(w[2].calls, 1);
    ck_assert_int_eq(w[2].events, POLLIN);
    close(quiet);
    close(loud);
}
END_TEST

START_TEST(a_deadline_is_never_called_early)
{
    struct loop loop = { 0 };
    uint64_t deadline = now_us() + 2500;
    struct watched w = { .wish = { -1, 0, deadline } };
    run_with(&loop, &w, 1);
    ck_assert_uint_eq(w.calls, 1);
    ck_assert_int_eq(w.events, 0);
    ck_assert_uint_ge(w.called_at, deadline);
}
END_TEST

START_TEST(a_signal_becomes_an_event)
{
    struct loop loop = { 0 };
    int fd = loop_signals();
    ck_assert_int_ge(fd, 0);
    struct watched w = { .wish = { fd, POLLIN, LOOP_NEVER } };
    raise(SIGTERM);
    run_with(&loop, &w, 1);
    ck_assert_uint_eq(w.calls, 1);
    close(fd);
}
END_TEST

START_TEST(there_is_a_limit_to_watchers)
{
    struct loop loop = { 0 };
    const struct loop_watcher watcher = { NULL, wish, ready_and_stop };
    for (unsigned i = 0; i < LOOP_WATCHERS_MAX; i++)
        ck_assert_int_eq(loop_add(&loop, watcher), 0);
    ck_assert_int_lt(loop_add(&loop, watcher), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("loop", only_the_watcher_with_events_is_called,
                     a_deadline_is_never_called_early, a_signal_becomes_an_event,
                     there_is_a_limit_to_watchers);
}
