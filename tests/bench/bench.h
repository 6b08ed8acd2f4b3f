/* How all benchmarks measure: ours and the reference take turns on one core, so that both see the
 * same machine, and what is told is the median of the differences of such pairs, not the difference
 * of two medians.
 *
 * Nothing here fails on time: a goal that is missed is said, no more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define BENCH_REFERENCES 3

/* Ends the program, with the last failure's cause, unless what it needs works. */
void bench_require(bool works, const char *what);
/* Ends the program as one that cannot work here: the test runner shows it as skipped. */
_Noreturn void bench_skip(const char *why);
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
};

struct comparison {
    const char *what;
    struct operation ours;
    struct operation references[BENCH_REFERENCES]; /* one after the other; their sum counts */
    size_t rounds;                                 /* at most 5000 */
    double most_us;       /* the goal for the difference, or for ours; 0: there is none */
    bool goal_is_for_all; /* the goal is for all of ours, not for the difference */
};

/* A line above the rows that follow. */
void bench_heading(const char *text);
/* Measures and prints one row; all figures are microseconds. */
void bench_compare(const struct comparison *row);
/* Prints a row of figures that were measured elsewhere, without reference. */
void bench_tell(const char *what, const char *unit, double ours, double at_most);
