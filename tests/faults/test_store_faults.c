/* SPDX-License-Identifier: Apache-2.0 */
/* The store when things go wrong: whichever call fails, it is afterwards as before or as after,
 * never between; what was acknowledged is there; and nothing crashes or leaks. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/verify.h"
#include "tests/support/faults.h"
#include "tests/support/fixture.h"
#include "tests/support/stores.h"
#include "tests/support/stride.h"
#include "tests/support/suite.h"

#define PRISTINE 6 /* records in the log of a small store */

/* --- One change, and what it must leave --- */

static int change(struct store *s)
{
    static uint8_t large[20000]; /* more than a page */
    struct audit_record event = { .action = AUDIT_KEY_GENERATED };
    int r = store_begin(s);
    if (!r)
        r = store_put(s, OBJECT_KEY, 1, span_of_text("changed"));
    if (!r)
        r = store_put(s, OBJECT_FILE, 9, SPAN_OF(large));
    if (!r)
        r = store_delete(s, OBJECT_KEY, 2);
    if (!r)
        r = audit_append(s, &event);
    if (!r)
        r = store_commit(s, true);
    store_rollback(s);
    return r;
}

static bool is_changed(struct store *s)
{
    return store_facts(s).log_size > PRISTINE;
}

static void assert_whole(struct store *s)
{
    bool changed = is_changed(s);
    stores_assert_key(s, 1, changed ? "changed" : "one");
    stores_assert_key(s, 3, "three");
    ck_assert_int_eq(store_has(s, OBJECT_FILE, 9), changed ? 0 : STORE_ABSENT);
    ck_assert_int_eq(store_has(s, OBJECT_KEY, 2), changed ? STORE_ABSENT : 0);
    ck_assert_uint_eq(store_facts(s).objects, 3);
}

/* --- The loop --- */

struct round {
    enum fault_point point;
    unsigned nth;
    bool lasting;
    struct folder folder; /* a copy of what the scenario begins with, for this round */
};

struct scenario {
    struct folder (*make)(void); /* a store */
    /* Does its work with the fault armed; asserts; says whether the fault was met. */
    bool (*play)(struct round *round);
    unsigned stride; /* from one place to the next, unless GLASSHSM_LONG is set */
};

/* At least a stride on, where those that come first are done. */
static unsigned next_of(const struct scenario *scenario, unsigned nth)
{
    unsigned next = next_nth(nth), far = nth + scenario->stride;
    bool all = nth < TRIED_ALL || getenv("GLASSHSM_LONG");
    return all || next > far ? next : far;
}

static void run_until_nothing_fails(const struct scenario *scenario, enum fault_point point,
                                    bool lasting)
{
    struct folder pristine = scenario->make();
    struct round round = { .point = point, .lasting = lasting };
    bool met = true;
    for (round.nth = 1; met; round.nth = next_of(scenario, round.nth)) {
        round.folder = folder_make();
        folder_copy(&pristine, &round.folder);
        failure_clear();
        met = scenario->play(&round);
        folder_remove(&round.folder);
        ck_assert_uint_lt(round.nth, 20000);
    }
    folder_remove(&pristine);
}

static void arm(const struct round *round)
{
    faults_arm(round->point, round->nth, round->lasting);
}

static void assert_folder_whole(const struct round *round, bool must_be_changed)
{
    struct store *s = stores_open(round->folder.path);
    assert_whole(s);
    ck_assert(!must_be_changed || is_changed(s));
    store_close(&s);
}

/* --- Scenarios --- */

static bool change_of(struct round *round, struct store *s)
{
    arm(round);
    int r = change(s);
    bool met = faults_disarm();
    bool usable = store_facts(s).usable;

    if (r == 0)
        ck_assert(is_changed(s));
    if (r == STORE_FULL || (r && usable))
        ck_assert(!is_changed(s));
    if (round->point == FAULT_POINT_SYNC && r)
        ck_assert(!usable);
    if (round->point == FAULT_POINT_SPACE && r && usable)
        ck_assert_int_eq(r, STORE_FULL);
    if (usable)
        assert_whole(s);
    else
        ck_assert_int_eq(store_begin(s), FAULT_DISK);
    store_close(&s);
    assert_folder_whole(round, r == 0);
    return met;
}

static bool change_meets_fault(struct round *round)
{
    return change_of(round, stores_open(round->folder.path));
}

/* As a power cut leaves it: with nearly all in the write-ahead log that this may hold. */
static struct folder make_long(void)
{
    struct folder folder = stores_make_small(), crashed = folder_make();
    struct store *s = stores_open(folder.path);
    while (s->db.log_frames < 980)
        stores_put_key(s, 3, "three");
    folder_copy(&folder, &crashed);
    store_close(&s);
    folder_remove(&folder);
    return crashed;
}

/* The change is the one that makes the write-ahead log long enough to be moved. */
static bool checkpoint_meets_fault(struct round *round)
{
    struct store *s = stores_open(round->folder.path);
    while (s->db.log_frames < 990)
        stores_put_key(s, 3, "three");
    return change_of(round, s);
}

/* A store that could not change for a moment can do so later. */
static bool change_succeeds_after_fault(struct round *round)
{
    struct store *s = stores_open(round->folder.path);
    arm(round);
    int first = change(s);
    bool met = faults_disarm();
    bool again = first && store_facts(s).usable;
    if (again)
        ck_assert_int_eq(change(s), 0);
    store_close(&s);
    assert_folder_whole(round, again || first == 0);
    return met;
}

static bool close_meets_fault(struct round *round)
{
    struct store *s = stores_open(round->folder.path);
    ck_assert_int_eq(change(s), 0);
    arm(round);
    store_close(&s);
    bool met = faults_disarm();
    assert_folder_whole(round, true);
    return met;
}

static bool open_of(struct round *round, bool accept_rollback)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = stores_place(round->folder.path);
    place.accept_rollback = accept_rollback;
    struct folder_digest before = folder_digest(&round->folder);
    arm(round);
    int r = store_open(&place, &s, &why);
    bool met = faults_disarm();
    if (r && !accept_rollback) {
        struct folder_digest after = folder_digest(&round->folder);
        ck_assert(span_equal(SPAN_OF(before.bytes), SPAN_OF(after.bytes)));
        ck_assert_msg(r < 0 || r == STORE_DENIED || r == STORE_FULL, "%d %s", r, why.sentence);
    }
    store_close(&s);
    return met;
}

static bool open_meets_fault(struct round *round)
{
    bool met = open_of(round, false);
    assert_folder_whole(round, false);
    return met;
}

/* Opens what a power cut has left: a write-ahead log with commits in it. */
static bool recovery_meets_fault(struct round *round)
{
    struct folder crashed = folder_make();
    struct store *s = stores_open(round->folder.path);
    ck_assert_int_eq(change(s), 0);
    folder_copy(&round->folder, &crashed);
    store_close(&s);
    folder_remove(&round->folder);

    round->folder = crashed;
    bool met = open_of(round, false);
    assert_folder_whole(round, true);
    return met;
}

/* Without its anchor the store opens after acceptance only; then it is whole. */
static bool acceptance_meets_fault(struct round *round)
{
    struct store_place place = stores_place(round->folder.path);
    struct store *s = NULL;
    struct store_refusal why = { "" };
    unlink(folder_file(&round->folder, "anchor").text);
    bool met = open_of(round, true);

    place.accept_rollback = true;
    uint32_t ids[4];
    size_t keys = 0;
    ck_assert_msg(store_open(&place, &s, &why) == 0, "%s", why.sentence);
    stores_assert_key(s, 1, "one");
    ck_assert_int_eq(store_list(s, OBJECT_KEY, ids, COUNT_OF(ids), &keys), 0);
    ck_assert_uint_eq(keys, 3); /* beside them lie those of the new signing epoch */
    ck_assert_uint_gt(store_facts(s).log_size, PRISTINE);
    store_close(&s);
    s = stores_open(round->folder.path);
    store_close(&s);
    return met;
}

static bool is_gone(const char *path)
{
    return access(path, F_OK) != 0;
}

static bool creation_meets_fault(struct round *round)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct file_path inner = folder_file(&round->folder, "inner");
    struct store_place place = stores_place(inner.text);
    arm(round);
    int r = store_create(&place, &s, &why);
    bool met = faults_disarm();
    if (r) {
        ck_assert_ptr_null(s);
        ck_assert_msg(is_gone(inner.text), "creation left something behind");
        return met;
    }
    store_close(&s);
    s = stores_open(inner.text);
    store_close(&s);
    struct folder made = { "" };
    snprintf(made.path, sizeof made.path, "%.63s", inner.text);
    folder_remove(&made);
    return met;
}

static struct folder copy_of_first_schema(void)
{
    return fixture_copy(1);
}

/* A store of the first schema becomes one of today, or stays what it was and does so later. */
static bool upgrade_meets_fault(struct round *round)
{
    struct store_place place = stores_place(round->folder.path);
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct verify_report report;
    arm(round);
    int r = store_open(&place, &s, &why);
    bool met = faults_disarm();
    ck_assert_msg(r <= 0 || r == STORE_DENIED || r == STORE_FULL, "%d %s", r, why.sentence);
    store_close(&s);

    s = stores_open(round->folder.path);
    ck_assert_int_eq(verify_store(s, &report), 0);
    ck_assert_uint_eq(report.records,
                      fixture_records(1) + 2); /* the upgrade, and its first epoch */
    ck_assert_uint_eq(audit_head(s).epoch, 1);
    store_close(&s);
    return met;
}

/* --- Every scenario at every point --- */

static const struct scenario scenarios[] = {
    { stores_make_small, change_meets_fault, 1 },
    { make_long, checkpoint_meets_fault, 3 },
    { stores_make_small, change_succeeds_after_fault, 1 },
    { stores_make_small, close_meets_fault, 1 },
    { stores_make_small, open_meets_fault, 1 },
    { stores_make_small, recovery_meets_fault, 1 },
    { stores_make_small, acceptance_meets_fault, 1 },
    { stores_make_small, creation_meets_fault, 1 },
    { copy_of_first_schema, upgrade_meets_fault, 23 },
};

START_TEST(scenario_survives_every_fault)
{
    const struct scenario *scenario = &scenarios[_i / FAULT_POINT_COUNT];
    enum fault_point point = (enum fault_point)(_i % FAULT_POINT_COUNT);
    run_until_nothing_fails(scenario, point, false);
    run_until_nothing_fails(scenario, point, true);
}
END_TEST

int main(void)
{
    faults_install();
    Suite *suite = suite_create("store_faults");
    TCase *all = tcase_create("store_faults");
    tcase_set_timeout(all, getenv("GLASSHSM_LONG") ? 3600 : 300);
    tcase_add_loop_test(all, scenario_survives_every_fault, 0,
                        (int)(COUNT_OF(scenarios) * FAULT_POINT_COUNT));
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
