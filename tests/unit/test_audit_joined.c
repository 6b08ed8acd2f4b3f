/* SPDX-License-Identifier: Apache-2.0 */
/* storage/audit: identical refusals in a row are told as one, and none of them is lost. */
#include <sys/wait.h>
#include <unistd.h>

#include "storage/audit.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#define NOON 1764000000000 /* a wall clock */

static struct audit_record refusal(uint16_t object, uint64_t after_ms)
{
    return (struct audit_record){
        .action = AUDIT_SIGN,
        .sw = 0x6982,
        .role = AUDIT_USER,
        .command = { 0x80, 0x68, 0x02, 0x70 },
        .object = object,
        .time_ms = NOON + after_ms,
        .ticks_us = after_ms * 1000,
        .random = { (uint8_t)(after_ms >> 8), (uint8_t)after_ms, 1 },
        .digest = { 1 },
    };
}

static void append(struct store *s, struct audit_record event)
{
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_append(s, &event), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
}

static void flush(struct store *s)
{
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_flush(s), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
}

START_TEST(thousands_of_identical_refusals_leave_two_lines)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    for (uint64_t i = 0; i < 3000; i++)
        append(s, refusal(0xCC02, 10 * i));
    ck_assert_uint_eq(audit_head(s).size, 1);
    ck_assert_uint_eq(audit_head(s).waiting, 2999);
    append(s, refusal(0xCC03, 40000));
    ck_assert_uint_eq(audit_head(s).size, 3);

    struct audit_record first = stores_record(s, 1), rest = stores_record(s, 2);
    ck_assert_uint_eq(first.count, 1);
    ck_assert_uint_eq(first.time_ms, NOON);
    ck_assert_uint_eq(rest.count, 2999);
    ck_assert_uint_eq(rest.time_ms, NOON + 29990);
    ck_assert_uint_eq(rest.since_ms, 29980); /* since the first of those, at 10 ms */
    ck_assert_uint_eq(rest.ticks_us, 29990000);
    ck_assert_uint_eq(rest.object, 0xCC02);
    ck_assert(span_is_zero(SPAN_OF(rest.digest)));
    ck_assert(!span_is_zero(SPAN_OF(rest.random)));
}
END_TEST

START_TEST(refusals_that_differ_are_told_one_by_one)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    for (uint64_t i = 0; i < 10; i++)
        append(s, refusal(i % 2 ? 0xCC02 : 0xCC03, i));
    ck_assert_uint_eq(audit_head(s).size, 10);
    ck_assert_uint_eq(audit_head(s).waiting, 0);
}
END_TEST

/* The first is a line, and so is the second while it is alone; then they are counted. */
START_TEST(whatever_differs_without_login_is_told_as_one)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    for (uint64_t i = 0; i < 1000; i++) {
        struct audit_record event = refusal((uint16_t)(0xCC00 + i % 7), i);
        event.role = AUDIT_NOBODY;
        event.action = i % 5 == 1 ? AUDIT_LOG_READ : i % 3 ? AUDIT_SIGN : AUDIT_FILE_WRITTEN;
        event.sw = i % 5 == 1 ? 0x9000 : i % 2 ? 0x6982 : 0x6A80;
        event.command[0] = (uint8_t)i;
        event.key[0] = (uint8_t)i;
        append(s, event);
    }
    ck_assert_uint_eq(audit_head(s).size, 1);
    flush(s);
    struct audit_record rest = stores_record(s, 2);
    ck_assert_int_eq(rest.action, AUDIT_WITHOUT_LOGIN);
    ck_assert_uint_eq(rest.count, 999);
    ck_assert_uint_eq(rest.since_ms, 998);
    ck_assert_uint_eq(rest.sw, 0x6982);
    ck_assert_uint_eq(rest.command[0], 999 % 256);
    ck_assert_uint_eq(rest.object, 0);
    ck_assert(span_is_zero(SPAN_OF(rest.key)));
}
END_TEST

START_TEST(one_that_differs_without_login_is_told_whole)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct audit_record event = refusal(0xCC02, 0);
    event.role = AUDIT_NOBODY;
    append(s, event);
    event.action = AUDIT_DECIPHER;
    event.object = 0xCC03;
    append(s, event);
    flush(s);
    ck_assert_uint_eq(audit_head(s).size, 2);
    ck_assert_int_eq(stores_record(s, 2).action, AUDIT_DECIPHER);
    ck_assert_uint_eq(stores_record(s, 2).object, 0xCC03);
    ck_assert_uint_eq(stores_record(s, 2).count, 1);
}
END_TEST

START_TEST(wrong_pins_and_other_roles_are_apart_from_what_nobody_did)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct audit_record event = refusal(0xCC02, 0);
    event.role = AUDIT_NOBODY;
    append(s, event);
    event.alone = true;
    event.sw = 0x63C1;
    append(s, event);
    event.sw = 0x6983; /* the last try is told as any other */
    append(s, event);
    event.alone = false;
    event.sw = 0x6982;
    event.role = AUDIT_OFFICER;
    append(s, event);
    event.role = AUDIT_NOBODY;
    append(s, event);
    ck_assert_uint_eq(audit_head(s).size, 5);
    ck_assert_uint_eq(audit_head(s).waiting, 0);
}
END_TEST

START_TEST(every_field_of_the_cause_tells_refusals_apart)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct audit_record event = refusal(0xCC02, 0);
    append(s, event);
    event.action = AUDIT_DECIPHER;
    append(s, event);
    event.sw = 0x6985;
    append(s, event);
    event.role = AUDIT_OFFICER;
    append(s, event);
    event.admin_uid = 7;
    append(s, event);
    event.command[3] = 0x21;
    append(s, event);
    event.key[0] = 1;
    append(s, event);
    event.approvers[0] = 1;
    append(s, event);
    append(s, event); /* approvals are never joined */
    ck_assert_uint_eq(audit_head(s).size, 9);
    ck_assert_uint_eq(audit_head(s).waiting, 0);
}
END_TEST

START_TEST(deeds_are_never_joined_but_readings_of_the_log_are)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    for (uint64_t i = 0; i < 4; i++)
        stores_append(s, AUDIT_SIGN, i);
    ck_assert_uint_eq(audit_head(s).size, 4);
    for (uint64_t i = 0; i < 4; i++)
        stores_append(s, AUDIT_LOG_READ, i);
    ck_assert_uint_eq(audit_head(s).size, 5);
    ck_assert_uint_eq(audit_head(s).waiting, 3);
}
END_TEST

START_TEST(row_goes_on_after_what_waited_was_written)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    for (uint64_t i = 0; i < 3; i++)
        append(s, refusal(0xCC02, i));
    flush(s);
    flush(s); /* nothing waits any more */
    ck_assert_uint_eq(audit_head(s).size, 2);
    append(s, refusal(0xCC02, 50));
    append(s, refusal(0xCC02, 60));
    flush(s);
    ck_assert_uint_eq(audit_head(s).size, 3);
    struct audit_record last = stores_record(s, 3);
    ck_assert_uint_eq(last.count, 2);
    ck_assert_uint_eq(last.since_ms, 10);
}
END_TEST

START_TEST(rollback_takes_back_its_refusal_only)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct audit_record event = refusal(0xCC02, 5);
    append(s, event);
    append(s, event);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_append(s, &event), 0);
    store_rollback(s);
    ck_assert_uint_eq(audit_head(s).waiting, 1);
}
END_TEST

/* A process that ends without closing its store, as in a power cut. */
static void refuse_and_die(const char *folder, unsigned times)
{
    pid_t child = fork();
    if (child == 0) {
        struct store *s = stores_open(folder);
        stores_start_boot(s);
        for (uint64_t i = 0; i < times; i++)
            append(s, refusal(0xCC02, i));
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(crash_loses_no_refusal)
{
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    store_close(&s);
    refuse_and_die(folder.path, 40);

    s = stores_open(folder.path);
    ck_assert_uint_eq(audit_head(s).size, 2);
    ck_assert_uint_eq(audit_head(s).waiting, 39);
    stores_start_boot(s); /* the power-on is a different record */
    ck_assert_uint_eq(audit_head(s).size, 4);
    struct audit_record rest = stores_record(s, 3), power_on = stores_record(s, 4);
    ck_assert_uint_eq(rest.count, 39);
    ck_assert_uint_eq(rest.boot, 1);
    ck_assert_uint_eq(rest.continued_us, 39000);
    ck_assert_uint_eq(power_on.boot, 2);
    ck_assert_uint_ge(power_on.continued_us, rest.continued_us);
    append(s, refusal(0xCC02, 0)); /* a new row */
    ck_assert_uint_eq(audit_head(s).size, 5);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(longest_row_fits_a_line)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct audit_record event = {
        .action = (enum audit_action)65535,
        .sw = 0xFFFF,
        .role = AUDIT_SYSTEM,
        .admin_uid = UINT32_MAX,
        .object = 0xFFFF,
        .time_ms = UINT64_MAX,
        .ticks_us = UINT64_MAX - 1,
        .command = { 255, 255, 255, 255 },
        .key = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
    };
    for (int i = 0; i < 5; i++)
        append(s, event);
    flush(s);
    ck_assert_uint_eq(audit_head(s).size, 2);
    ck_assert_uint_eq(stores_record(s, 2).count, 4);
}
END_TEST

/* --- The wall clock --- */

static struct audit_record deed_at(uint64_t wall_ms, uint64_t ticks_ms)
{
    return (struct audit_record){
        .action = AUDIT_SIGN, .sw = 0x9000, .time_ms = wall_ms, .ticks_us = ticks_ms * 1000
    };
}

START_TEST(clock_that_was_set_is_recorded_first)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    stores_start_boot(s);
    append(s, deed_at(NOON, 100));
    append(s, deed_at(NOON + 5000, 5100)); /* hours may pass */
    append(s, deed_at(NOON + 5900, 5100)); /* less than a second may be lost */
    ck_assert_uint_eq(audit_head(s).size, 4);
    append(s, deed_at(NOON + 3600 * 1000, 5200)); /* an hour ahead */
    ck_assert_uint_eq(audit_head(s).size, 6);
    ck_assert_int_eq(stores_record(s, 5).action, AUDIT_CLOCK_SET);
    ck_assert_int_eq(stores_record(s, 5).role, AUDIT_SYSTEM);
    ck_assert_int_eq(stores_record(s, 6).action, AUDIT_SIGN);
    append(s, deed_at(NOON, 5300)); /* and back */
    ck_assert_int_eq(stores_record(s, 7).action, AUDIT_CLOCK_SET);
    ck_assert_uint_eq(stores_record(s, 7).time_ms, NOON);
}
END_TEST

START_TEST(clock_of_another_power_on_is_not_compared)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    append(s, deed_at(NOON, 100));
    stores_start_boot(s);
    append(s, deed_at(NOON + 86400000, 50));
    ck_assert_uint_eq(audit_head(s).size, 3);
}
END_TEST

START_TEST(clock_ends_a_row_of_refusals)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    append(s, refusal(0xCC02, 0));
    append(s, refusal(0xCC02, 1));
    struct audit_record later = refusal(0xCC02, 2);
    later.time_ms += 86400000;
    append(s, later);
    ck_assert_uint_eq(audit_head(s).size, 4);
    ck_assert_uint_eq(stores_record(s, 2).count, 1);
    ck_assert_int_eq(stores_record(s, 3).action, AUDIT_CLOCK_SET);
    ck_assert_int_eq(stores_record(s, 4).action, AUDIT_SIGN);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "audit, joined", thousands_of_identical_refusals_leave_two_lines,
        refusals_that_differ_are_told_one_by_one, every_field_of_the_cause_tells_refusals_apart,
        whatever_differs_without_login_is_told_as_one, one_that_differs_without_login_is_told_whole,
        wrong_pins_and_other_roles_are_apart_from_what_nobody_did,
        deeds_are_never_joined_but_readings_of_the_log_are,
        row_goes_on_after_what_waited_was_written, rollback_takes_back_its_refusal_only,
        crash_loses_no_refusal, longest_row_fits_a_line, clock_that_was_set_is_recorded_first,
        clock_of_another_power_on_is_not_compared, clock_ends_a_row_of_refusals);
}
