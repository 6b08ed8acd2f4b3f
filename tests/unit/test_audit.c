/* SPDX-License-Identifier: Apache-2.0 */
/* storage/audit: records form a chain, join the transaction, and their ticks never go back. */
#include "storage/audit.h"

#include "formats/merkle.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#define LINES_MAX 40

struct lines {
    size_t count;
    struct audit_record record[LINES_MAX];
    struct merkle tree;
    uint8_t last[SHA256_SIZE];
};

/* Checks the chain while it collects. */
static bool collect(void *context, uint64_t seq, struct span line)
{
    struct lines *lines = context;
    uint8_t bytes[MERKLE_NODES_MAX];
    struct writer nodes = WRITER_OF(bytes);
    ck_assert_uint_lt(lines->count, LINES_MAX);
    struct audit_record *record = &lines->record[lines->count++];
    ck_assert(audit_record_read(line, record));
    ck_assert_uint_eq(record->seq, seq);
    ck_assert(span_equal(SPAN_OF(record->previous), SPAN_OF(lines->last)));
    ck_assert_int_eq(sha256_of(line, lines->last), 0);
    ck_assert_int_eq(merkle_append(&lines->tree, line, &nodes), 0);
    return true;
}

static struct lines read_all(struct store *s)
{
    struct lines lines = { 0 };
    ck_assert_int_eq(audit_read(s, 1, collect, &lines), 0);
    return lines;
}

START_TEST(records_are_numbered_and_chained)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    stores_start_boot(s);
    for (uint64_t i = 0; i < 20; i++)
        stores_append(s, AUDIT_SIGN, i);
    struct lines lines = read_all(s);
    ck_assert_uint_eq(lines.count, 21);
    ck_assert_uint_eq(lines.record[0].seq, 1);
    ck_assert_uint_eq(lines.record[20].seq, 21);
    ck_assert_uint_eq(lines.record[20].count, 1);
    ck_assert(!span_is_zero(SPAN_OF(lines.record[0].incarnation)));
}
END_TEST

START_TEST(head_is_the_tree_over_all_lines)
{
    struct folder folder = stores_make_small();
    struct store *s = stores_open(folder.path);
    stores_append(s, AUDIT_SIGN, 0);
    struct lines lines = read_all(s);
    struct audit_head head = audit_head(s);
    uint8_t root[SHA256_SIZE];
    ck_assert_uint_eq(head.size, 7);
    ck_assert_uint_eq(lines.count, 7);
    ck_assert_int_eq(merkle_root(&lines.tree, root), 0);
    ck_assert(span_equal(SPAN_OF(root), SPAN_OF(head.root)));
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(reading_starts_and_stops_where_asked)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    for (uint64_t i = 0; i < 5; i++)
        stores_append(s, AUDIT_SIGN, i);
    struct lines lines = { 0 };
    struct audit_record third;
    ck_assert_int_eq(audit_read(s, 6, collect, &lines), 0);
    ck_assert_uint_eq(lines.count, 0);
    lines = read_all(s);
    third = lines.record[2];
    lines = (struct lines){ 0 };
    for (size_t i = 0; i < SHA256_SIZE; i++)
        lines.last[i] = third.previous[i];
    ck_assert_int_eq(audit_read(s, 3, collect, &lines), 0);
    ck_assert_uint_eq(lines.count, 3);
    ck_assert_uint_eq(lines.record[0].seq, 3);
}
END_TEST

START_TEST(record_and_state_are_one_transaction)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct audit_record event = { .action = AUDIT_KEY_GENERATED };
    stores_append(s, AUDIT_SIGN, 0);
    struct audit_head before = audit_head(s);

    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_put(s, OBJECT_KEY, 1, span_of_text("key")), 0);
    ck_assert_int_eq(audit_append(s, &event), 0);
    store_rollback(s);

    struct audit_head after = audit_head(s);
    ck_assert_uint_eq(after.size, 1);
    ck_assert(span_equal(SPAN_OF(before.root), SPAN_OF(after.root)));
    ck_assert_int_eq(store_has(s, OBJECT_KEY, 1), STORE_ABSENT);
    stores_append(s, AUDIT_SIGN, 1);
    ck_assert_uint_eq(read_all(s).count, 2);
}
END_TEST

START_TEST(record_needs_a_transaction)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct audit_record event = { .action = AUDIT_SIGN };
    ck_assert_int_lt(audit_append(s, &event), 0);
    ck_assert_int_lt(audit_start_boot(s), 0);
    ck_assert_uint_eq(audit_head(s).size, 0);
}
END_TEST

START_TEST(several_records_fit_one_transaction)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct audit_record event = { .action = AUDIT_SIGN, .count = 3, .since_ms = 70 };
    ck_assert_int_eq(store_begin(s), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(audit_append(s, &event), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
    struct lines lines = read_all(s);
    ck_assert_uint_eq(lines.count, 5);
    ck_assert_uint_eq(lines.record[4].count, 3);
    ck_assert_uint_eq(lines.record[4].since_ms, 70);
}
END_TEST

START_TEST(continued_ticks_go_on_after_a_restart)
{
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    stores_start_boot(s);
    stores_append(s, AUDIT_SIGN, 5000);
    store_close(&s);

    s = stores_open(folder.path);
    stores_start_boot(s);
    stores_append(s, AUDIT_SIGN, 70);
    stores_append(s, AUDIT_SIGN, 20); /* a clock that goes back */
    struct lines lines = read_all(s);
    ck_assert_uint_eq(lines.count, 5);
    ck_assert_uint_eq(lines.record[1].continued_us, 5000);
    ck_assert_uint_eq(lines.record[2].continued_us, 5000);
    ck_assert_uint_eq(lines.record[2].boot, 2);
    ck_assert_uint_eq(lines.record[3].continued_us, 5070);
    ck_assert_uint_eq(lines.record[3].ticks_us, 70);
    ck_assert_uint_eq(lines.record[4].continued_us, 5070);
    ck_assert_uint_eq(store_facts(s).boot, 2);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(power_on_that_was_rolled_back_does_not_count)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_start_boot(s), 0);
    store_rollback(s);
    ck_assert_uint_eq(store_facts(s).boot, 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("audit", records_are_numbered_and_chained, head_is_the_tree_over_all_lines,
                     reading_starts_and_stops_where_asked, record_and_state_are_one_transaction,
                     record_needs_a_transaction, several_records_fit_one_transaction,
                     continued_ticks_go_on_after_a_restart,
                     power_on_that_was_rolled_back_does_not_count);
}
