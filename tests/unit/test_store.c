/* SPDX-License-Identifier: Apache-2.0 */
/* storage/store: objects come back as they were put, transactions are all or nothing, on disk and
 * in memory. */
#include "storage/store.h"

#include <string.h>

#include "base/failure.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#define KEY(store, id, text) store_put((store), OBJECT_KEY, (id), span_of_text(text))

START_TEST(object_comes_back_in_memory)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    stores_put_key(s, 7, "seven");
    stores_assert_key(s, 7, "seven");
    ck_assert_int_eq(store_has(s, OBJECT_KEY, 7), 0);
    ck_assert_int_eq(store_has(s, OBJECT_FILE, 7), STORE_ABSENT);
    ck_assert(store_facts(s).ephemeral);
}
END_TEST

START_TEST(object_survives_closing)
{
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    stores_put_key(s, 7, "seven");
    stores_put_key(s, 8, "");
    store_close(&s);

    s = stores_open(folder.path);
    stores_assert_key(s, 7, "seven");
    stores_assert_key(s, 8, "");
    ck_assert_uint_eq(store_facts(s).objects, 2);
    ck_assert(store_facts(s).anchor_beside_store);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(rolled_back_changes_are_gone)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    stores_put_key(s, 1, "old");
    uint64_t generation = store_facts(s).generation;

    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(KEY(s, 1, "new"), 0);
    ck_assert_int_eq(KEY(s, 2, "two"), 0);
    stores_assert_key(s, 1, "new");
    store_rollback(s);

    stores_assert_key(s, 1, "old");
    ck_assert_int_eq(store_has(s, OBJECT_KEY, 2), STORE_ABSENT);
    ck_assert_uint_eq(store_facts(s).objects, 1);
    ck_assert_uint_eq(store_facts(s).generation, generation);
}
END_TEST

START_TEST(changes_need_a_transaction)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    ck_assert_int_eq(KEY(s, 1, "x"), FAULT_LIBRARY);
    ck_assert_int_eq(store_delete(s, OBJECT_KEY, 1), FAULT_LIBRARY);
    ck_assert_int_eq(store_commit(s, false), FAULT_LIBRARY);
    ck_assert_int_eq(store_has(s, OBJECT_KEY, 1), STORE_ABSENT);
}
END_TEST

START_TEST(transactions_do_not_nest)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    ck_assert_int_eq(store_enter(s), 0);
    ck_assert_int_eq(KEY(s, 1, "x"), 0);
    ck_assert_int_eq(store_begin(s), FAULT_LIBRARY);
    ck_assert_int_eq(store_enter(s), 0); /* the same one goes on */
    ck_assert_int_eq(store_commit(s, false), 0);
    stores_assert_key(s, 1, "x");
}
END_TEST

START_TEST(list_is_in_order_of_creation)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    stores_put_key(s, 9, "first");
    stores_put_key(s, 3, "second");
    stores_put_key(s, 5, "third");
    stores_put_key(s, 9, "first, changed");

    uint32_t ids[3] = { 0 };
    size_t count = 0;
    ck_assert_int_eq(store_list(s, OBJECT_KEY, ids, 2, &count), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(ids[0], 9);
    ck_assert_uint_eq(ids[1], 3);
    ck_assert_uint_eq(ids[2], 0);
}
END_TEST

START_TEST(delete_and_delete_all)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    ck_assert_int_eq(store_begin(s), 0);
    for (uint32_t id = 0; id < 200; id++)
        ck_assert_int_eq(KEY(s, id, "key"), 0);
    ck_assert_int_eq(store_put(s, OBJECT_FILE, 1, span_of_text("file")), 0);
    ck_assert_int_eq(store_delete(s, OBJECT_KEY, 4), 0);
    ck_assert_int_eq(store_delete(s, OBJECT_KEY, 4), STORE_ABSENT);
    ck_assert_int_eq(store_commit(s, false), 0);
    ck_assert_uint_eq(store_facts(s).objects, 200);

    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_delete_all(s, OBJECT_KEY), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
    ck_assert_uint_eq(store_facts(s).objects, 1);
    ck_assert_int_eq(store_has(s, OBJECT_FILE, 1), 0);
}
END_TEST

START_TEST(small_buffer_is_told_and_untouched)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    stores_put_key(s, 1, "12345678");
    size_t size = 0;
    ck_assert_int_eq(store_size(s, OBJECT_KEY, 1, &size), 0);
    ck_assert_uint_eq(size, 8);

    uint8_t bytes[8];
    struct writer seven = writer_of(bytes, 7);
    ck_assert_int_eq(store_get(s, OBJECT_KEY, 1, &seven), STORE_TOO_SMALL);
    ck_assert_uint_eq(seven.size, 0);
    struct writer eight = writer_of(bytes, 8);
    ck_assert_int_eq(store_get(s, OBJECT_KEY, 1, &eight), 0);
}
END_TEST

START_TEST(large_object_survives)
{
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    static uint8_t large[60000], back[60000];
    memset(large, 0xA5, sizeof large);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_put(s, OBJECT_FILE, 0x2F02, SPAN_OF(large)), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
    store_close(&s);

    s = stores_open(folder.path);
    struct writer out = WRITER_OF(back);
    ck_assert_int_eq(store_get(s, OBJECT_FILE, 0x2F02, &out), 0);
    ck_assert(span_equal(written(&out), SPAN_OF(large)));
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(verifier_depends_on_reference_salt_pin_and_pepper)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    SCOPED(store_close) struct store *other = stores_create(NULL);
    const uint8_t salt[PIN_SALT_SIZE] = { 1 }, other_salt[PIN_SALT_SIZE] = { 2 };
    struct span pin = span_of_text("648219");
    uint8_t verifiers[6][PIN_VERIFIER_SIZE];

    ck_assert_int_eq(store_pin_verifier(s, 0x81, salt, pin, verifiers[0]), 0);
    ck_assert_int_eq(store_pin_verifier(s, 0x88, salt, pin, verifiers[1]), 0);
    ck_assert_int_eq(store_pin_verifier(s, 0x81, other_salt, pin, verifiers[2]), 0);
    ck_assert_int_eq(store_pin_verifier(s, 0x81, salt, span_of_text("648218"), verifiers[3]), 0);
    ck_assert_int_eq(store_pin_verifier(other, 0x81, salt, pin, verifiers[4]), 0);
    ck_assert_int_eq(store_pin_verifier(s, 0x81, salt, pin, verifiers[5]), 0);

    for (size_t i = 1; i < 5; i++)
        ck_assert(!span_equal(SPAN_OF(verifiers[0]), SPAN_OF(verifiers[i])));
    ck_assert(span_equal(SPAN_OF(verifiers[0]), SPAN_OF(verifiers[5])));
}
END_TEST

START_TEST(thousands_of_rows_open_in_one_go)
{
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    ck_assert_int_eq(store_begin(s), 0);
    for (uint32_t id = 0; id < 10000; id++)
        ck_assert_int_eq(KEY(s, id, "a key with a description of a usual length, and some more"),
                         0);
    ck_assert_int_eq(store_commit(s, true), 0);
    store_close(&s);

    s = stores_open(folder.path);
    ck_assert_uint_eq(store_facts(s).objects, 10000);
    stores_assert_key(s, 9999, "a key with a description of a usual length, and some more");
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "store", object_comes_back_in_memory, object_survives_closing, rolled_back_changes_are_gone,
        changes_need_a_transaction, transactions_do_not_nest, list_is_in_order_of_creation,
        delete_and_delete_all, small_buffer_is_told_and_untouched, large_object_survives,
        verifier_depends_on_reference_salt_pin_and_pepper, thousands_of_rows_open_in_one_go);
}
