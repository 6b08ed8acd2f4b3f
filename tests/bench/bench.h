/* SPDX-License-Identifier: Apache-2.0 */
/* How all benchmarks measure: ours and the reference take turns on one core, so that both see the
 * same machine, and what is told is the median of the differences of such pairs, not the difference
 * of two medians. The spread beside it is half the distance between their quartiles: a difference
 * smaller than that says little.
 *
 * Nothing here fails on time: a goal that is missed is said, no more. Every program ends with all
 * its goals in one list. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define BENCH_REFERENCES 8

/* Ends the program, with the last failure's cause, unless what it needs works. */
void bench_require(bool works, const char *what);
/* Ends the program as one that cannot work here: the test runner shows it as skipped. */
_Noreturn void bench_skip(const char *why);

/* Comes first. With --short as its last argument a program measures with few rounds, for trying it
 * out; the argument is taken away. */
void bench_begin(int *argc, char **argv);
/* Comes last: prints all rows that had a goal, with those of processes apart. */
void bench_summary(void);

/* Runs something in a process of its own; when that fails, or skips, so does this one. For what a
 * library finds once in a process, and for heaps that shall not be shared. */
void bench_apart(void (*run)(void *context), void *context);
/* From here on this process, and those it starts, run on the first core that they may use. */
void bench_on_one_core(void);
/* And before all other programs there, if the system allows it: else they are measured too. */
void bench_come_first(void);

double bench_now_us(void);
/* Sorts them. */
double bench_median(double *values, size_t count);

/* What is timed, call by call. Its failures end the program. */
struct operation {
    void (*run)(void *context);
    void *context;
    const char *name;             /* of a reference whose median gets a line of its own; or NULL */
    void (*after)(void *context); /* tidies up, and is not timed; or NULL */
};

/* An operation's `after`: writes over more memory than the caches hold, as the programs do that run
 * between two commands behind a reader. What is timed next finds them cold. */
void bench_cool(void *ignored);

/* What is compared with the goal: most_us + factor * the reference's median. */
enum bench_judged { JUDGE_NOTHING, JUDGE_DIFFERENCE, JUDGE_OURS };

struct comparison {
    const char *what;
    struct operation ours;
    struct operation references[BENCH_REFERENCES]; /* one after the other; their sum counts */
    size_t rounds; /* at most 5000, and no more than fit into some seconds, but at least 11 */
    enum bench_judged judged;
    double most_us, factor;
    /* The time depends on chance, by more than the goal: the shortest of each are compared, not the
     * medians, and the spread is ours from the shortest to the first quartile. */
    bool by_chance;
};

/* A line above the rows that follow. */
void bench_heading(const char *text);
/* Measures and prints one row; all figures are microseconds. */
void bench_compare(const struct comparison *row);
/* The median time of one call, by few calls: for goals that depend on it. */
double bench_estimate(struct operation operation);
/* Prints a row of figures that were measured elsewhere, without reference; at_most 0: no goal. */
void bench_tell(const char *what, const char *unit, double ours, double at_most);
