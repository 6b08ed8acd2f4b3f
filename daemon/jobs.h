/* How work passes from the main thread to the card thread and back.
 *
 * The main thread submits jobs; the card thread runs them in order, one at a time; the main thread
 * then calls their `done`. A job belongs to whoever submitted it and must stay until then.
 *
 * Most commands take microseconds. The main thread therefore waits for a moment right where it is
 * (jobs_await) before it goes back to poll(): that saves the writing, polling and reading of an
 * event descriptor for each command. What takes longer is announced by jobs_fd(). Semaphores and
 * not condition variables, because those take two more system calls for each way. */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

struct job {
    void (*work)(void *context); /* in the card thread */
    void (*done)(void *context); /* afterwards, in the main thread */
    void *context;
    struct job *next; /* ours */
};

struct job_list {
    struct job *first, **end;
};

struct jobs {
    pthread_mutex_t lock; /* guards the lists and `awaited`; never held while asleep */
    struct job_list waiting, ended;
    bool awaited;    /* the main thread sleeps in jobs_await(), and nobody has woken it yet */
    sem_t submitted; /* one for each job that waits, and one more to stop */
    sem_t ended_one; /* wakes jobs_await() */
    int fd;
};

/* Fault: FAULT_LIBRARY. */
MUST_CHECK int jobs_init(struct jobs *jobs);
/* Harmless on an empty or deinitialised variable. Neither thread may be inside. */
void jobs_deinit(struct jobs *jobs);

/* --- The main thread --- */

void jobs_submit(struct jobs *jobs, struct job *job);
/* Waits until some job has ended, at most this long. */
void jobs_await(struct jobs *jobs, uint64_t at_most_us);
/* Calls `done` of every job that has ended. */
void jobs_finish(struct jobs *jobs);
/* Becomes readable when a job ended while nobody was awaiting it; then call jobs_collect(), which
 * also makes it unreadable again. */
int jobs_fd(const struct jobs *jobs);
void jobs_collect(struct jobs *jobs);
/* The card thread ends after the jobs submitted so far. */
void jobs_stop(struct jobs *jobs);

/* --- The card thread --- */

/* Runs jobs until jobs_stop(). */
void jobs_work(struct jobs *jobs);
