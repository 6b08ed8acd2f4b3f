/* How the main thread has something done in the card thread, and hears that it is done.
 *
 * Jobs run in order, one at a time. Each side has a descriptor to poll for what the other side
 * sent. A job belongs to whoever submitted it and must stay until its `done` was called. Commands
 * of the reader do not come this way (token.h says why): it is for the rare things. */
#pragma once

#include <pthread.h>

#include "base/scope.h"

struct job {
    void (*work)(void *context); /* in the card thread */
    void (*done)(void *context); /* afterwards, in the main thread */
    void *context;
    struct job *next; /* ours */
};

/* One direction. */
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
/* Harmless on a zeroed or deinitialised variable. Neither thread may be inside. */
void jobs_deinit(struct jobs *jobs);

/* --- The main thread --- */

void jobs_submit(struct jobs *jobs, struct job *job);
/* Readable when jobs_collect() has something to do: it calls `done` of each job that has ended. */
int jobs_ended_fd(const struct jobs *jobs);
void jobs_collect(struct jobs *jobs);

/* --- The card thread --- */

/* Makes jobs_ended_fd() readable without a job: the main thread should look around. */
void jobs_wake(struct jobs *jobs);
/* Readable when jobs_work() has something to do: it runs one job, so that whoever watches something
 * else, too, looks at it between two of them. */
int jobs_submitted_fd(const struct jobs *jobs);
void jobs_work(struct jobs *jobs);
