/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"

#define ROUNDS_MAX   5000
#define ROUNDS_LEAST 11
#define WARM_ROUNDS  5
#define ROW_SECONDS  5
#define SKIPPED      77 /* what the test runner takes for it */
#define GOALS_MAX    128
#define LINE_SIZE    200
#define COOL_SIZE    (16 * 1024 * 1024)

/* In memory that processes apart share: what the program will say at its end. */
struct report {
    bool brief;
    char heading[LINE_SIZE]; /* the latest */
    size_t goals, missed;
    struct {
        char heading[LINE_SIZE], line[LINE_SIZE];
    } rows[GOALS_MAX];
};

static struct report *report; /* made once, by bench_begin() */

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

void bench_begin(int *argc, char **argv)
{
    report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_require(report != MAP_FAILED, "shared memory");
    report->brief = *argc > 1 && strcmp(argv[*argc - 1], "--short") == 0;
    if (report->brief)
        argv[--*argc] = NULL;
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

void bench_cool(void *ignored)
{
    static uint8_t others[COOL_SIZE];
    (void)ignored;
    for (size_t i = 0; i < sizeof others; i += 64)
        others[i]++;
}

/* --- Lines --- */

static const char columns[] = "%-52s %9s %9s %10s %8s   %s\n";

void bench_heading(const char *text)
{
    snprintf(report->heading, sizeof report->heading, "%s", text);
    printf("\n");
    printf(columns, text, "ours", "reference", "difference", "spread", "goal");
    fflush(stdout);
}

/* Prints a line, and keeps it for the end if it has a goal. */
static void say(const char *line, const bool *met)
{
    printf("%s\n", line);
    fflush(stdout);
    if (!met || report->goals == GOALS_MAX)
        return;
    report->missed += !*met;
    memcpy(report->rows[report->goals].heading, report->heading, LINE_SIZE);
    snprintf(report->rows[report->goals++].line, LINE_SIZE, "%s", line);
}

void bench_summary(void)
{
    if (report->goals == 0)
        return;
    printf("\n--- All goals of this run\n");
    for (size_t i = 0; i < report->goals; i++) {
        if (i == 0 || strcmp(report->rows[i].heading, report->rows[i - 1].heading) != 0)
            bench_heading(report->rows[i].heading);
        printf("%s\n", report->rows[i].line);
    }
    printf("%zu goals: %zu met, %zu missed%s\n", report->goals, report->goals - report->missed,
           report->missed, report->brief ? "; a short run: these are no figures to quote" : "");
    fflush(stdout);
}

static const char *verdict(bool met)
{
    return met ? "met" : "MISSED";
}

void bench_tell(const char *what, const char *unit, double ours, double at_most)
{
    char line[LINE_SIZE];
    bool met = ours <= at_most;
    int size =
        snprintf(line, sizeof line, "%-52s %9.1f %9s %10s %8s   ", what, ours, "-", "-", "-");
    if (at_most > 0)
        snprintf(line + size, sizeof line - (size_t)size, "ours <= %.0f %s: %s", at_most, unit,
                 verdict(met));
    else
        snprintf(line + size, sizeof line - (size_t)size, "- (%s)", unit);
    say(line, at_most > 0 ? &met : NULL);
}

/* --- Comparisons --- */

struct samples {
    size_t count;
    double ours[ROUNDS_MAX], reference[ROUNDS_MAX], difference[ROUNDS_MAX];
    double parts[BENCH_REFERENCES][ROUNDS_MAX];
};

static double time_of(const struct operation *operation)
{
    if (!operation->run)
        return 0;
    double start = bench_now_us();
    operation->run(operation->context);
    double time = bench_now_us() - start;
    if (operation->after)
        operation->after(operation->context);
    return time;
}

static void take_sample(const struct comparison *row, struct samples *s)
{
    size_t i = s->count++;
    s->ours[i] = time_of(&row->ours);
    s->reference[i] = 0;
    for (size_t k = 0; k < BENCH_REFERENCES; k++) {
        s->parts[k][i] = time_of(&row->references[k]);
        s->reference[i] += s->parts[k][i];
    }
    s->difference[i] = s->ours[i] - s->reference[i];
}

static void take_samples(const struct comparison *row, struct samples *s)
{
    size_t rounds = row->rounds < ROUNDS_MAX ? row->rounds : ROUNDS_MAX;
    double seconds = report->brief ? 0.3 : ROW_SECONDS;
    for (size_t i = 0; i < WARM_ROUNDS; i++)
        take_sample(row, s);
    s->count = 0;
    double end = bench_now_us() + seconds * 1e6;
    while (s->count < rounds && (s->count < ROUNDS_LEAST || bench_now_us() < end))
        take_sample(row, s);
}

/* What is told of a row: medians, or else the shortest times. */
struct figures {
    double ours, reference, difference, spread;
};

static double spread_of(const double *sorted, size_t count)
{
    return (sorted[count - 1 - count / 4] - sorted[count / 4]) / 2;
}

static struct figures medians_of(struct samples *s, bool has_reference)
{
    struct figures f = { .ours = bench_median(s->ours, s->count),
                         .reference = bench_median(s->reference, s->count),
                         .difference = bench_median(s->difference, s->count) };
    f.spread = spread_of(has_reference ? s->difference : s->ours, s->count);
    return f;
}

static double shortest(double *values, size_t count)
{
    bench_median(values, count);
    return values[0];
}

static struct figures shortest_of(struct samples *s)
{
    struct figures f = { .ours = shortest(s->ours, s->count) };
    for (size_t k = 0; k < BENCH_REFERENCES; k++)
        f.reference += shortest(s->parts[k], s->count);
    f.difference = f.ours - f.reference;
    f.spread = s->ours[s->count / 4] - f.ours;
    return f;
}

static void write_goal(const struct comparison *row, double most, bool met, char *out, size_t size)
{
    char reckoned[60] = "";
    const char *judged = row->judged == JUDGE_OURS ? "ours" : "difference";
    if (row->factor > 0 && row->most_us > 0)
        snprintf(reckoned, sizeof reckoned, "%g reference + %.0f = ", row->factor, row->most_us);
    else if (row->factor > 0)
        snprintf(reckoned, sizeof reckoned, "%g reference = ", row->factor);
    snprintf(out, size, "%s <= %s%.0f us: %s", judged, reckoned, most, verdict(met));
}

static void tell_parts(const struct comparison *row, struct samples *s)
{
    for (size_t k = 0; k < BENCH_REFERENCES; k++)
        if (row->references[k].name)
            printf("    of the reference: %-32s %9s %9.1f\n", row->references[k].name, "",
                   row->by_chance ? shortest(s->parts[k], s->count)
                                  : bench_median(s->parts[k], s->count));
}

static void tell_row(const struct comparison *row, struct samples *s)
{
    char line[LINE_SIZE], goal[100] = "-";
    bool has_reference = row->references[0].run;
    struct figures f = row->by_chance ? shortest_of(s) : medians_of(s, has_reference);
    double most = row->most_us + row->factor * f.reference;
    bool met = (row->judged == JUDGE_OURS ? f.ours : f.difference) <= most;
    if (row->judged)
        write_goal(row, most, met, goal, sizeof goal);
    if (has_reference)
        snprintf(line, sizeof line, "%-52s %9.1f %9.1f %10.1f %8.1f   %s", row->what, f.ours,
                 f.reference, f.difference, f.spread, goal);
    else
        snprintf(line, sizeof line, "%-52s %9.1f %9s %10s %8.1f   %s", row->what, f.ours, "-", "-",
                 f.spread, goal);
    say(line, row->judged ? &met : NULL);
    tell_parts(row, s);
}

void bench_compare(const struct comparison *row)
{
    struct samples *samples = calloc(1, sizeof *samples);
    bench_require(samples, "memory for samples");
    take_samples(row, samples);
    tell_row(row, samples);
    free(samples);
}

double bench_estimate(struct operation operation)
{
    double times[ROUNDS_LEAST];
    for (size_t i = 0; i < COUNT_OF(times); i++)
        times[i] = time_of(&operation);
    return bench_median(times, COUNT_OF(times));
}
