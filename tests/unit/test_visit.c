/* SPDX-License-Identifier: Apache-2.0 */
/* formats/visit, host/tool/visit: what happened since the last login, from records. */
#include <string.h>

#include "formats/visit.h"
#include "host/tool/card/visit.h"
#include "tests/support/suite.h"

static struct audit_record record_of(enum audit_action action, uint16_t status, uint64_t ms)
{
    return (struct audit_record){ .action = action, .sw = status, .time_ms = ms, .count = 1 };
}

static struct visit sum(const struct audit_record *records, size_t count)
{
    struct visit visit = { 0 };
    for (size_t i = 0; i < count; i++)
        visit_add(&visit, &records[i]);
    return visit;
}

START_TEST(everything_since_the_last_good_login_is_counted)
{
    const struct audit_record records[] = {
        record_of(AUDIT_INITIALIZE, 0x9000, 1),    record_of(AUDIT_USER_LOGIN, 0x9000, 2),
        record_of(AUDIT_SIGN, 0x9000, 3),          record_of(AUDIT_DECIPHER, 0x9000, 4),
        record_of(AUDIT_KEY_GENERATED, 0x9000, 5), record_of(AUDIT_FILE_WRITTEN, 0x9000, 6),
        record_of(AUDIT_FILE_DELETED, 0x9000, 7),  record_of(AUDIT_SO_LOGIN, 0x9000, 8),
        record_of(AUDIT_USER_LOGIN, 0x63C2, 9),    record_of(AUDIT_KEY_EXPORTED, 0x9000, 10),
        record_of(AUDIT_KEY_EXPORTED, 0x6985, 11), record_of(AUDIT_KEY_IMPORTED, 0x9000, 12),
        record_of(AUDIT_CIPHER, 0x9000, 13),
    };
    struct visit visit = sum(records, COUNT_OF(records));
    ck_assert_uint_eq(visit.user_login_ms, 2);
    ck_assert_uint_eq(visit.so_login_ms, 8);
    ck_assert_uint_eq(visit.failed_logins, 1);
    ck_assert_uint_eq(visit.initialisations, 0);
    ck_assert_uint_eq(visit.keys_exported, 1);
    ck_assert_uint_eq(visit.keys_imported, 1);
    ck_assert_uint_eq(visit.uses, 3);
    ck_assert_uint_eq(visit.keys_made, 1);
    ck_assert_uint_eq(visit.files_written, 1);
    ck_assert_uint_eq(visit.deleted, 1);
}
END_TEST

START_TEST(a_file_written_in_parts_counts_once)
{
    struct audit_record part = record_of(AUDIT_FILE_WRITTEN, 0x9000, 1);
    struct audit_record other = part, refused = part;
    part.object = 0xcd01;
    other.object = 0xcd02;
    refused.sw = 0x6A84;
    const struct audit_record records[] = { part, part, part, other, part, refused, part };
    struct visit visit = sum(records, COUNT_OF(records));
    ck_assert_uint_eq(visit.files_written, 4);
}
END_TEST

START_TEST(a_login_begins_the_counts_again)
{
    const struct audit_record records[] = {
        record_of(AUDIT_USER_LOGIN, 0x63C2, 1),
        record_of(AUDIT_SO_LOGIN, 0x9000, 2),
        record_of(AUDIT_USER_LOGIN, 0x9000, 3),
    };
    struct visit visit = sum(records, COUNT_OF(records));
    ck_assert_uint_eq(visit.user_login_ms, 3);
    ck_assert_uint_eq(visit.so_login_ms, 2);
    ck_assert_uint_eq(visit.failed_logins, 0);
}
END_TEST

START_TEST(refusals_are_no_changes_and_joined_ones_count_in_full)
{
    struct audit_record joined = record_of(AUDIT_SO_LOGIN, 0x6983, 2);
    joined.count = 40;
    const struct audit_record records[] = { record_of(AUDIT_SIGN, 0x6985, 1), joined };
    struct visit visit = sum(records, COUNT_OF(records));
    ck_assert_uint_eq(visit.uses, 0);
    ck_assert_uint_eq(visit.failed_logins, 40);
    ck_assert_uint_eq(visit.so_login_ms, 0);
}
END_TEST

START_TEST(actions_of_newer_versions_change_nothing)
{
    const struct audit_record records[] = { record_of((enum audit_action)9, 0x9000, 1),
                                            record_of((enum audit_action)65535, 0x9000, 2) };
    struct visit visit = sum(records, COUNT_OF(records));
    visit.uncounted = 0;
    ck_assert_mem_eq(&visit, &(struct visit){ 0 }, sizeof visit);
}
END_TEST

START_TEST(keys_that_travel_and_symmetric_uses_are_counted)
{
    const struct audit_record records[] = {
        record_of(AUDIT_KEY_EXPORTED, 0x9000, 1), record_of(AUDIT_KEY_EXPORTED, 0x6985, 2),
        record_of(AUDIT_KEY_IMPORTED, 0x9000, 3), record_of(AUDIT_KEY_DERIVED, 0x9000, 4),
        record_of(AUDIT_CIPHER, 0x9000, 5),       record_of(AUDIT_DERIVE, 0x9000, 6),
    };
    struct visit visit = sum(records, COUNT_OF(records));
    ck_assert_uint_eq(visit.keys_exported, 1);
    ck_assert_uint_eq(visit.keys_imported, 1);
    ck_assert_uint_eq(visit.keys_made, 1);
    ck_assert_uint_eq(visit.uses, 2);
}
END_TEST

START_TEST(shares_that_nobody_logged_in_for_are_told_apart)
{
    struct audit_record asked = record_of(AUDIT_DKEK_SHARE, 0x9000, 1);
    asked.role = AUDIT_USER;
    const struct audit_record records[] = {
        asked,
        record_of(AUDIT_DKEK_SHARE, 0x9000, 2),
        record_of(AUDIT_DKEK_SHARE, 0x9000, 3),
        record_of(AUDIT_DKEK_SHARE, 0x6985, 4),
    };
    struct visit visit = sum(records, COUNT_OF(records));
    ck_assert_uint_eq(visit.shares_imported, 1);
    ck_assert_uint_eq(visit.shares_unasked, 2);
}
END_TEST

static void check_text(json_t *visit, const char *expected)
{
    char text[300];
    FILE *to = fmemopen(text, sizeof text, "w");
    visit_print(to, visit);
    fclose(to);
    json_decref(visit);
    ck_assert_str_eq(text, expected);
}

START_TEST(one_line_names_only_what_happened)
{
    check_text(json_object(), "no user login yet; since then: nothing\n");
    check_text(json_pack("{s:i,s:i}", "failed_logins", 3, "keys_made", 1),
               "no user login yet; since then: failed logins 3, keys made 1\n");
    check_text(json_pack("{s:i,s:i,s:i}", "keys_exported", 2, "keys_made", 1, "failed_logins", 3),
               "no user login yet; since then: failed logins 3, keys exported 2, keys made 1\n");
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "visit", shares_that_nobody_logged_in_for_are_told_apart,
        everything_since_the_last_good_login_is_counted, a_file_written_in_parts_counts_once,
        a_login_begins_the_counts_again, refusals_are_no_changes_and_joined_ones_count_in_full,
        actions_of_newer_versions_change_nothing, keys_that_travel_and_symmetric_uses_are_counted,
        one_line_names_only_what_happened);
}
