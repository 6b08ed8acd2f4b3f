/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: work that the main thread hands to the card thread, and the notice back that it is done.
 *
 * Jobs run in order, one at a time. Each side has a descriptor to poll for what the other side
 * sent. A job belongs to its submitter, who keeps it until its `done` was called. Commands of the
 * reader do not come this way (token.h says why): jobs are for rare work. */
#pragma once

#include <pthread.h>

#include "base/scope.h"

struct job {
    void (*work)(void *context); /* in the card thread */
    void (*done)(void *context); /* afterwards, in the main thread */
    void *context;
    struct job *next; /* ours */
};

/* The jobs that travel in one direction. */
struct job_queue {
    pthread_mutex_t lock;
    struct job *first, **end; /* end is NULL: not initialised */
    int fd;
};

struct jobs {
    struct job_queue submitted, ended;
};

/* Fault: FAULT_LIBRARY. */
MUST_CHECK int jobs_init(struct jobs *jobs);
/* Harmless on a zeroed or deinitialised variable. Neither thread may be in a call of this
 * module. */
void jobs_deinit(struct jobs *jobs);

/* --- The main thread --- */

void jobs_submit(struct jobs *jobs, struct job *job);
/* Readable when jobs_collect() has something to do: it calls `done` of each job that has ended. */
int jobs_ended_fd(const struct jobs *jobs);
void jobs_collect(struct jobs *jobs);

/* --- The card thread --- */

/* Makes jobs_ended_fd() readable although no job has ended: the main thread wakes and looks at the
 * token's state. */
void jobs_wake(struct jobs *jobs);
/* Readable when jobs_work() has something to do. jobs_work() runs one job only, so that its caller
 * can look at other descriptors between two jobs. */
int jobs_submitted_fd(const struct jobs *jobs);
void jobs_work(struct jobs *jobs);
