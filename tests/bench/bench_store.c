/* SPDX-License-Identifier: Apache-2.0 */
/* What the store alone costs, and that it does not cost more with what is in it: rows of objects,
 * records of the log. "bench_store [RECORDS]": the length of the longest log; a million. */
#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"
#include "storage/audit.h"
#include "storage/open.h"
#include "tests/bench/bench.h"
#include "tests/bench/scratch.h"

#define ROWS          10000
#define ROW_SIZE      200
#define A_TRANSACTION 500 /* rows or records, while a store is filled */
#define LONGEST_LOG   1000000

/* --- Stores --- */

struct subject {
    struct scratch scratch;
    struct store *store;
    uint32_t rows, asked;
};

static void require(int result, const char *what)
{
    bench_require(result == 0, what);
}

static struct store_place place_of(const struct subject *s)
{
    return (struct store_place){ .folder = s->scratch.path, .unlock = UNLOCK_KEY_FILE };
}

static void make(struct subject *s)
{
    struct store_refusal why;
    *s = (struct subject){ 0 };
    scratch_make(&s->scratch);
    struct store_place place = place_of(s);
    require(store_create(&place, &s->store, &why), "store_create");
}

static void end(struct subject *s)
{
    store_close(&s->store);
    scratch_remove(&s->scratch);
}

static void put_row(struct subject *s)
{
    uint8_t bytes[ROW_SIZE] = { 0 };
    require(store_put(s->store, OBJECT_FILE, ++s->rows, SPAN_OF(bytes)), "store_put");
}

static void append(struct subject *s)
{
    static const struct audit_record event = {
        .action = AUDIT_SIGN, .role = AUDIT_USER, .sw = 0x9000, .object = 0xCC01
    };
    require(audit_append(s->store, &event), "audit_append");
}

static void fill(struct subject *s, void (*add)(struct subject *), uint64_t count)
{
    for (uint64_t done = 0; done < count;) {
        require(store_begin(s->store), "store_begin");
        for (unsigned i = 0; i < A_TRANSACTION && done < count; i++, done++)
            add(s);
        require(store_commit(s->store, false), "store_commit");
    }
}

/* --- What is timed --- */

static void reopen(void *context)
{
    struct subject *s = context;
    struct store_refusal why;
    struct store_place place = place_of(s);
    store_close(&s->store);
    require(store_open(&place, &s->store, &why), "store_open");
}

/* Another row each time. */
static void get_row(void *context)
{
    struct subject *s = context;
    uint8_t bytes[ROW_SIZE];
    struct writer out = WRITER_OF(bytes);
    s->asked = s->asked * 1664525 + 1013904223;
    require(store_get(s->store, OBJECT_FILE, 1 + (s->asked >> 8) % s->rows, &out), "store_get");
}

/* One and the same, in the middle: how deep it lies, without how much else is read. */
static void get_same_row(void *context)
{
    struct subject *s = context;
    uint8_t bytes[ROW_SIZE];
    struct writer out = WRITER_OF(bytes);
    require(store_get(s->store, OBJECT_FILE, (s->rows + 1) / 2, &out), "store_get");
}

static void change_row(void *context)
{
    struct subject *s = context;
    uint8_t bytes[ROW_SIZE] = { 0 };
    s->asked = s->asked * 1664525 + 1013904223;
    require(store_begin(s->store), "store_begin");
    require(store_put(s->store, OBJECT_FILE, 1 + (s->asked >> 8) % s->rows, SPAN_OF(bytes)),
            "store_put");
    require(store_commit(s->store, false), "store_commit");
}

static void append_and_commit(void *context)
{
    struct subject *s = context;
    require(store_begin(s->store), "store_begin");
    append(s);
    require(store_commit(s->store, false), "store_commit");
}

/* The work alone: nothing is synced, and nothing kept. */
static void append_alone(void *context)
{
    struct subject *s = context;
    require(store_begin(s->store), "store_begin");
    append(s);
    store_rollback(s->store);
}

/* --- Rows of figures --- */

static void compare(const char *what, void (*run)(void *), struct subject *large,
                    struct subject *small, size_t rounds, double goal)
{
    bench_compare(&(struct comparison){ .what = what,
                                        .ours = { run, large },
                                        .references = { { run, small } },
                                        .rounds = rounds,
                                        .judged = goal > 0 ? JUDGE_OURS : JUDGE_NOTHING,
                                        .most_us = goal });
}

static void time_rows(void)
{
    struct subject large, small;
    make(&large);
    make(&small);
    fill(&large, put_row, ROWS);
    fill(&small, put_row, 1);
    bench_heading("10,000 rows; the reference has one");
    compare("open", reopen, &large, &small, 10, 1e6);
    compare("get the same row", get_same_row, &large, &small, 3000, 0);
    compare("get any row: pages beyond the cache are read again", get_row, &large, &small, 3000, 0);
    compare("change a row, durably", change_row, &large, &small, 500, 0);
    end(&large);
    end(&small);
}

static void time_log(uint64_t size)
{
    struct subject large, small;
    char heading[80];
    make(&large);
    make(&small);
    fill(&large, append, size);
    fill(&small, append, 10);
    snprintf(heading, sizeof heading, "%llu records; the reference has 10",
             (unsigned long long)size);
    bench_heading(heading);
    compare("open", reopen, &large, &small, 10, 0);
    compare("append a record, without the commit", append_alone, &large, &small, 3000, 60);
    compare("append a record, durably", append_and_commit, &large, &small, 500, 0);
    end(&large);
    end(&small);
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    uint64_t longest = argc > 1 ? strtoull(argv[1], NULL, 10) : LONGEST_LOG;
    bench_on_one_core();
    time_rows();
    time_log(10);
    time_log(10000);
    time_log(longest);
    bench_summary();
    return EXIT_SUCCESS;
}
