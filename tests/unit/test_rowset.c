/* SPDX-License-Identifier: Apache-2.0 */
/* storage/rowset: the set is a set. It forgets order, and nothing else. */
#include "storage/rowset.h"

#include <sodium.h>

#include "tests/support/suite.h"

static struct hierarchy some_keys(uint8_t seed)
{
    struct hierarchy keys = { 0 };
    uint8_t root[ROOT_SIZE] = { seed };
    ck_assert_int_ge(sodium_init(), 0);
    ck_assert_int_eq(hierarchy_init(&keys, root), 0);
    return keys;
}

static struct row some_row(uint64_t serial)
{
    return (struct row){ .table = ROWS_OBJECT,
                         .serial = serial,
                         .type = 3,
                         .id = 7,
                         .version = 9,
                         .bytes = span_of_text("sealed") };
}

static bool same(const struct rowset *a, const struct rowset *b)
{
    return a->count == b->count && span_equal(SPAN_OF(a->sum), SPAN_OF(b->sum));
}

START_TEST(order_does_not_matter)
{
    SCOPED(hierarchy_deinit) struct hierarchy keys = some_keys(1);
    struct rowset up = { 0 }, down = { 0 };
    for (uint64_t i = 0; i < 100; i++) {
        struct row low = some_row(i), high = some_row(99 - i);
        rowset_add(&up, &keys, &low);
        rowset_add(&down, &keys, &high);
    }
    ck_assert(same(&up, &down));
    ck_assert_uint_eq(up.objects, 100);
}
END_TEST

START_TEST(removing_undoes_adding)
{
    SCOPED(hierarchy_deinit) struct hierarchy keys = some_keys(1);
    struct rowset set = { 0 }, empty = { 0 };
    struct row one = some_row(1), two = some_row(2);
    rowset_add(&set, &keys, &one);
    rowset_add(&set, &keys, &two);
    rowset_remove(&set, &keys, &one);
    ck_assert(!same(&set, &empty));
    rowset_remove(&set, &keys, &two);
    ck_assert(same(&set, &empty));
}
END_TEST

START_TEST(every_part_of_a_row_counts)
{
    SCOPED(hierarchy_deinit) struct hierarchy keys = some_keys(1);
    struct row rows[] = { some_row(1), some_row(1), some_row(1), some_row(1),
                          some_row(1), some_row(1), some_row(1) };
    rows[1].table = ROWS_UNLOCK;
    rows[2].serial++;
    rows[3].type++;
    rows[4].id++;
    rows[5].version--;
    rows[6].bytes = span_of_text("Sealed");
    struct rowset first = { 0 };
    rowset_add(&first, &keys, &rows[0]);
    for (size_t i = 1; i < COUNT_OF(rows); i++) {
        struct rowset other = { 0 };
        rowset_add(&other, &keys, &rows[i]);
        ck_assert_msg(!same(&first, &other), "row %zu", i);
    }
}
END_TEST

START_TEST(a_row_twice_is_not_a_row_once)
{
    SCOPED(hierarchy_deinit) struct hierarchy keys = some_keys(1);
    struct rowset once = { 0 }, twice = { 0 };
    struct row row = some_row(1);
    rowset_add(&once, &keys, &row);
    rowset_add(&twice, &keys, &row);
    rowset_add(&twice, &keys, &row);
    ck_assert(!span_equal(SPAN_OF(once.sum), SPAN_OF(twice.sum)));
}
END_TEST

START_TEST(stored_digest_needs_the_key_and_hides_the_sum)
{
    SCOPED(hierarchy_deinit) struct hierarchy keys = some_keys(1), others = some_keys(2);
    struct rowset set = { 0 };
    struct row row = some_row(1);
    uint8_t digest[MAC_SIZE], other[MAC_SIZE];
    rowset_add(&set, &keys, &row);
    rowset_digest(&set, &keys, digest);
    rowset_digest(&set, &others, other);
    ck_assert(!span_equal(SPAN_OF(digest), SPAN_OF(other)));
    ck_assert(!span_equal(SPAN_OF(digest), SPAN_OF(set.sum)));
}
END_TEST

int main(void)
{
    return RUN_TESTS("rowset", order_does_not_matter, removing_undoes_adding,
                     every_part_of_a_row_counts, a_row_twice_is_not_a_row_once,
                     stored_digest_needs_the_key_and_hides_the_sum);
}
