#include "daemon/jobs.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"
#include "daemon/clock.h"

static void list_init(struct job_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_add(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

static struct job *list_take(struct job_list *list)
{
    struct job *job = list->first;
    if (job && !(list->first = job->next))
        list->end = &list->first;
    return job;
}

int jobs_init(struct jobs *jobs)
{
    memset(jobs, 0, sizeof *jobs);
    jobs->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (jobs->fd < 0)
        return failure(FAULT_LIBRARY, "eventfd: %s", strerror(errno));
    pthread_mutex_init(&jobs->lock, NULL);
    sem_init(&jobs->submitted, 0, 0);
    sem_init(&jobs->ended_one, 0, 0);
    list_init(&jobs->waiting);
    list_init(&jobs->ended);
    return 0;
}

void jobs_deinit(struct jobs *jobs)
{
    if (!jobs->waiting.end)
        return;
    close(jobs->fd);
    sem_destroy(&jobs->ended_one);
    sem_destroy(&jobs->submitted);
    pthread_mutex_destroy(&jobs->lock);
    memset(jobs, 0, sizeof *jobs);
}

int jobs_fd(const struct jobs *jobs)
{
    return jobs->fd;
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0 && errno == EINTR)
        ;
}

void jobs_submit(struct jobs *jobs, struct job *job)
{
    pthread_mutex_lock(&jobs->lock);
    list_add(&jobs->waiting, job);
    pthread_mutex_unlock(&jobs->lock);
    sem_post(&jobs->submitted);
}

void jobs_stop(struct jobs *jobs)
{
    sem_post(&jobs->submitted);
}

/* Says that the main thread is about to sleep, or no longer; false when that is too late. */
static bool set_awaited(struct jobs *jobs, bool awaited)
{
    pthread_mutex_lock(&jobs->lock);
    bool in_time = awaited ? !jobs->ended.first : jobs->awaited;
    jobs->awaited = awaited && in_time;
    pthread_mutex_unlock(&jobs->lock);
    return in_time;
}

void jobs_await(struct jobs *jobs, uint64_t at_most_us)
{
    uint64_t until = now_us() + at_most_us;
    const struct timespec deadline = { (time_t)(until / 1000000),
                                       (long)(until % 1000000) * 1000 };
    if (!set_awaited(jobs, true))
        return;
    int r;
    while ((r = sem_clockwait(&jobs->ended_one, CLOCK_MONOTONIC, &deadline)) < 0 && errno == EINTR)
        ;
    if (r < 0 && !set_awaited(jobs, false))
        wait_for(&jobs->ended_one); /* a job ended just now: its wake-up is ours to take */
}

static struct job *take_ended(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    struct job *job = list_take(&jobs->ended);
    pthread_mutex_unlock(&jobs->lock);
    return job;
}

void jobs_finish(struct jobs *jobs)
{
    struct job *job;
    while ((job = take_ended(jobs)))
        job->done(job->context);
}

void jobs_collect(struct jobs *jobs)
{
    eventfd_t ignored;
    eventfd_read(jobs->fd, &ignored);
    jobs_finish(jobs);
}

static struct job *take_waiting(struct jobs *jobs)
{
    wait_for(&jobs->submitted);
    pthread_mutex_lock(&jobs->lock);
    struct job *job = list_take(&jobs->waiting);
    pthread_mutex_unlock(&jobs->lock);
    return job;
}

static void hand_back(struct jobs *jobs, struct job *job)
{
    pthread_mutex_lock(&jobs->lock);
    list_add(&jobs->ended, job);
    bool awaited = jobs->awaited;
    jobs->awaited = false;
    pthread_mutex_unlock(&jobs->lock);
    if (awaited)
        sem_post(&jobs->ended_one);
    else
        eventfd_write(jobs->fd, 1);
}

void jobs_work(struct jobs *jobs)
{
    struct job *job;
    while ((job = take_waiting(jobs))) {
        job->work(job->context);
        hand_back(jobs, job);
    }
}
