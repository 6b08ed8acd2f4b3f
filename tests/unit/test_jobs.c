/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>

#include "daemon/jobs.h"
#include "tests/support/suite.h"

#define JOBS 100

struct bench {
    struct jobs jobs;
    struct note {
        struct bench *bench;
        struct job job;
        pthread_t worked_by;
        int worked, done; /* the how many-th it was; 0: not yet */
    } notes[JOBS];
    int worked, done;
    bool end;
};

static void wait_for(int fd)
{
    struct pollfd polled = { .fd = fd, .events = POLLIN };
    ck_assert_int_eq(poll(&polled, 1, 10000), 1);
}

static void *card_thread(void *context)
{
    struct bench *b = context;
    while (!b->end) {
        wait_for(jobs_submitted_fd(&b->jobs));
        jobs_work(&b->jobs);
    }
    return NULL;
}

static void work(void *context)
{
    struct note *note = context;
    note->worked_by = pthread_self();
    note->worked = ++note->bench->worked;
}

static void done(void *context)
{
    struct note *note = context;
    note->done = ++note->bench->done;
}

static void end_work(void *context)
{
    ((struct note *)context)->bench->end = true;
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){ 0 };
    ck_assert_int_eq(jobs_init(&b->jobs), 0);
    for (int i = 0; i < JOBS; i++) {
        b->notes[i].bench = b;
        b->notes[i].job = (struct job){ work, done, &b->notes[i], NULL };
    }
}

START_TEST(jobs_run_over_there_and_end_here_in_order)
{
    struct bench b;
    pthread_t thread;
    bench_init(&b);
    pthread_create(&thread, NULL, card_thread, &b);
    for (int i = 0; i < JOBS; i++)
        jobs_submit(&b.jobs, &b.notes[i].job);
    while (b.done < JOBS) {
        wait_for(jobs_ended_fd(&b.jobs));
        jobs_collect(&b.jobs);
    }
    for (int i = 0; i < JOBS; i++) {
        ck_assert_int_eq(b.notes[i].worked, i + 1);
        ck_assert_int_eq(b.notes[i].done, i + 1);
        ck_assert(pthread_equal(b.notes[i].worked_by, thread));
    }
    struct note last = { .bench = &b, .job = { end_work, done, &last, NULL } };
    jobs_submit(&b.jobs, &last.job);
    pthread_join(thread, NULL);
    jobs_deinit(&b.jobs);
}
END_TEST

START_TEST(nothing_is_done_before_it_is_collected)
{
    struct bench b;
    bench_init(&b);
    jobs_submit(&b.jobs, &b.notes[0].job);
    ck_assert_int_eq(b.notes[0].worked, 0);
    jobs_work(&b.jobs);
    ck_assert_int_eq(b.notes[0].worked, 1);
    ck_assert_int_eq(b.notes[0].done, 0);
    jobs_collect(&b.jobs);
    ck_assert_int_eq(b.notes[0].done, 1);
    jobs_deinit(&b.jobs);
}
END_TEST

START_TEST(collecting_makes_the_descriptor_quiet)
{
    struct bench b;
    bench_init(&b);
    struct pollfd polled = { .fd = jobs_ended_fd(&b.jobs), .events = POLLIN };
    ck_assert_int_eq(poll(&polled, 1, 0), 0);
    jobs_wake(&b.jobs);
    ck_assert_int_eq(poll(&polled, 1, 0), 1);
    jobs_collect(&b.jobs);
    ck_assert_int_eq(poll(&polled, 1, 0), 0);
    jobs_deinit(&b.jobs);
}
END_TEST

static void submit_next(void *context)
{
    struct note *note = context;
    done(note);
    jobs_submit(&note->bench->jobs, &note[1].job);
}

START_TEST(an_ended_job_may_submit_another)
{
    struct bench b;
    bench_init(&b);
    b.notes[0].job.done = submit_next;
    jobs_submit(&b.jobs, &b.notes[0].job);
    jobs_work(&b.jobs);
    jobs_collect(&b.jobs);
    jobs_work(&b.jobs);
    jobs_collect(&b.jobs);
    ck_assert_int_eq(b.notes[1].done, 2);
    jobs_deinit(&b.jobs);
}
END_TEST

int main(void)
{
    return RUN_TESTS("jobs", jobs_run_over_there_and_end_here_in_order,
                     nothing_is_done_before_it_is_collected, collecting_makes_the_descriptor_quiet,
                     an_ended_job_may_submit_another);
}
