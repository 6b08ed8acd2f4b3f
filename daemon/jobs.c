/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/jobs.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/failure.h"

static int queue_init(struct job_queue *queue)
{
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->fd < 0)
        return failure(FAULT_LIBRARY, "eventfd: %s", strerror(errno));
    pthread_mutex_init(&queue->lock, NULL);
    queue->first = NULL;
    queue->end = &queue->first;
    return 0;
}

static void queue_deinit(struct job_queue *queue)
{
    if (!queue->end)
        return;
    close(queue->fd);
    pthread_mutex_destroy(&queue->lock);
    queue->end = NULL;
}

static void queue_put(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&queue->lock);
    *queue->end = job;
    queue->end = &job->next;
    pthread_mutex_unlock(&queue->lock);
    eventfd_write(queue->fd, 1);
}

static struct job *queue_take(struct job_queue *queue, bool *out_more)
{
    pthread_mutex_lock(&queue->lock);
    struct job *job = queue->first;
    if (job)
        queue->first = job->next;
    if (!queue->first)
        queue->end = &queue->first;
    *out_more = queue->first;
    pthread_mutex_unlock(&queue->lock);
    return job;
}

/* Clears the descriptor. Call it before the queue is emptied: a job that is added meanwhile then
 * makes the descriptor readable again. */
static void queue_quiet(struct job_queue *queue)
{
    eventfd_t ignored;
    eventfd_read(queue->fd, &ignored);
}

int jobs_init(struct jobs *jobs)
{
    memset(jobs, 0, sizeof *jobs);
    int r = queue_init(&jobs->submitted);
    if (r == 0)
        r = queue_init(&jobs->ended);
    if (r)
        jobs_deinit(jobs);
    return r;
}

void jobs_deinit(struct jobs *jobs)
{
    queue_deinit(&jobs->submitted);
    queue_deinit(&jobs->ended);
}

void jobs_submit(struct jobs *jobs, struct job *job)
{
    queue_put(&jobs->submitted, job);
}

int jobs_ended_fd(const struct jobs *jobs)
{
    return jobs->ended.fd;
}

void jobs_collect(struct jobs *jobs)
{
    struct job *job;
    bool more;
    queue_quiet(&jobs->ended);
    while ((job = queue_take(&jobs->ended, &more)))
        job->done(job->context);
}

void jobs_wake(struct jobs *jobs)
{
    eventfd_write(jobs->ended.fd, 1);
}

int jobs_submitted_fd(const struct jobs *jobs)
{
    return jobs->submitted.fd;
}

void jobs_work(struct jobs *jobs)
{
    bool more;
    queue_quiet(&jobs->submitted);
    struct job *job = queue_take(&jobs->submitted, &more);
    if (!job)
        return;
    if (more)
        eventfd_write(jobs->submitted.fd, 1);
    job->work(job->context);
    queue_put(&jobs->ended, job);
}
