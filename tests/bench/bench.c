#include "tests/bench/bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"

#define ROUNDS_MAX  5000
#define WARM_ROUNDS 5
#define SKIPPED     77 /* what the test runner takes for it */

void bench_require(bool works, const char *what)
{
    if (works)
        return;
    fprintf(stderr, "%s failed: %s\n", what, failure_last()->cause);
    exit(EXIT_FAILURE);
}

void bench_skip(const char *why)
{
    fprintf(stderr, "skipped: %s\n", why);
    exit(SKIPPED);
}

void bench_apart(void (*run)(void *context), void *context)
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    bench_require(pid >= 0, "fork");
    if (pid == 0) {
        run(context);
        fflush(stdout);
        _exit(EXIT_SUCCESS);
    }
    bench_require(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "a process apart");
    if (status)
        exit(WEXITSTATUS(status));
}

void bench_on_one_core(void)
{
    cpu_set_t allowed, one;
    bench_require(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "sched_getaffinity");
    int core = 0;
    while (!CPU_ISSET(core, &allowed))
        core++;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    bench_require(sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity");
}

void bench_come_first(void)
{
    sched_setscheduler(0, SCHED_RR, &(struct sched_param){ .sched_priority = 1 });
}

double bench_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

/* --- Rows --- */

void bench_heading(const char *text)
{
    printf("\n%-52s %9s %9s %10s   %s\n", text, "ours", "reference", "difference", "goal");
}

static const char *verdict(double figure, double at_most)
{
    return figure <= at_most ? "met" : "MISSED";
}

void bench_tell(const char *what, const char *unit, double ours, double at_most)
{
    printf("%-52s %9.1f %9s %10s   ", what, ours, "-", "-");
    if (at_most > 0)
        printf("ours <= %.0f %s, %s\n", at_most, unit, verdict(ours, at_most));
    else
        printf("- (%s)\n", unit);
    fflush(stdout);
}

static void tell_row(const struct comparison *row, double ours, double reference, double difference)
{
    double judged = row->goal_is_for_all ? ours : difference;
    printf("%-52s %9.1f %9.1f %10.1f   ", row->what, ours, reference, difference);
    if (row->most_us > 0)
        printf("%s <= %.0f us, %s\n", row->goal_is_for_all ? "ours" : "difference", row->most_us,
               verdict(judged, row->most_us));
    else
        printf("-\n");
    fflush(stdout);
}

static double time_of(const struct operation *operation)
{
    if (!operation->run)
        return 0;
    double start = bench_now_us();
    operation->run(operation->context);
    return bench_now_us() - start;
}

static double time_of_references(const struct comparison *row)
{
    double sum = 0;
    for (size_t i = 0; i < BENCH_REFERENCES; i++)
        sum += time_of(&row->references[i]);
    return sum;
}

void bench_compare(const struct comparison *row)
{
    double ours[ROUNDS_MAX], reference[ROUNDS_MAX], difference[ROUNDS_MAX];
    size_t rounds = row->rounds < ROUNDS_MAX ? row->rounds : ROUNDS_MAX;
    for (size_t i = 0; i < WARM_ROUNDS; i++) {
        time_of(&row->ours);
        time_of_references(row);
    }
    for (size_t i = 0; i < rounds; i++) {
        ours[i] = time_of(&row->ours);
        reference[i] = time_of_references(row);
        difference[i] = ours[i] - reference[i];
    }
    tell_row(row, bench_median(ours, rounds), bench_median(reference, rounds),
             bench_median(difference, rounds));
}
