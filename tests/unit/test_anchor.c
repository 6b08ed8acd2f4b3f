/* SPDX-License-Identifier: Apache-2.0 */
/* storage/anchor: the newest whole slot counts, and nobody else's. */
#include "storage/anchor.h"

#include <sodium.h>

#include "tests/support/folder.h"
#include "tests/support/suite.h"

static struct hierarchy keys_from(uint8_t seed)
{
    struct hierarchy keys = { 0 };
    uint8_t root[ROOT_SIZE] = { seed };
    ck_assert_int_ge(sodium_init(), 0);
    ck_assert_int_eq(hierarchy_init(&keys, root), 0);
    return keys;
}

static void write_generation(const struct anchor *a, const struct hierarchy *keys,
                             uint64_t generation)
{
    struct anchor_mark mark = { .generation = generation, .log_size = 10 * generation };
    mark.state[31] = (uint8_t)generation;
    ck_assert_int_eq(anchor_write(a, keys, &mark), 0);
    ck_assert_int_eq(anchor_sync(a), 0);
}

static void flip(const char *path, size_t offset)
{
    SCOPED(bytes_free) struct bytes content = file_read(path);
    ck_assert_uint_lt(offset, content.size);
    content.at[offset] ^= 1;
    file_write(path, span_of(content.at, content.size), 0600);
}

START_TEST(last_written_mark_comes_back)
{
    struct folder folder = folder_make();
    struct file_path path = folder_file(&folder, "anchor");
    SCOPED(hierarchy_deinit) struct hierarchy keys = keys_from(1);
    SCOPED(anchor_close) struct anchor a = ANCHOR_NONE;
    struct anchor_mark mark;
    ck_assert_int_eq(anchor_open(&a, path.text, ANCHOR_FIND), ANCHOR_ABSENT);
    ck_assert_int_eq(anchor_open(&a, path.text, ANCHOR_MAKE), 0);
    ck_assert_int_eq(anchor_read(&a, &keys, &mark), ANCHOR_INVALID);
    for (uint64_t generation = 1; generation <= 5; generation++) {
        write_generation(&a, &keys, generation);
        ck_assert_int_eq(anchor_read(&a, &keys, &mark), 0);
        ck_assert_uint_eq(mark.generation, generation);
        ck_assert_uint_eq(mark.log_size, 10 * generation);
        ck_assert_uint_eq(mark.state[31], generation);
    }
    folder_remove(&folder);
}
END_TEST

/* A write that was cut by a power failure. */
START_TEST(torn_slot_leaves_the_one_before)
{
    struct folder folder = folder_make();
    struct file_path path = folder_file(&folder, "anchor");
    SCOPED(hierarchy_deinit) struct hierarchy keys = keys_from(1);
    SCOPED(anchor_close) struct anchor a = ANCHOR_NONE;
    struct anchor_mark mark;
    ck_assert_int_eq(anchor_open(&a, path.text, ANCHOR_MAKE), 0);
    write_generation(&a, &keys, 1);
    write_generation(&a, &keys, 2); /* at the start of the file */
    for (size_t offset = 0; offset < 128; offset++) {
        flip(path.text, offset);
        ck_assert_int_eq(anchor_read(&a, &keys, &mark), 0);
        ck_assert_uint_eq(mark.generation, 1);
        flip(path.text, offset);
    }
    ck_assert_int_eq(anchor_read(&a, &keys, &mark), 0);
    ck_assert_uint_eq(mark.generation, 2);
    folder_remove(&folder);
}
END_TEST

START_TEST(marks_of_another_store_do_not_count)
{
    struct folder folder = folder_make();
    struct file_path path = folder_file(&folder, "anchor");
    SCOPED(hierarchy_deinit) struct hierarchy keys = keys_from(1), others = keys_from(2);
    SCOPED(anchor_close) struct anchor a = ANCHOR_NONE;
    struct anchor_mark mark;
    ck_assert_int_eq(anchor_open(&a, path.text, ANCHOR_MAKE), 0);
    write_generation(&a, &others, 9);
    ck_assert_int_eq(anchor_read(&a, &keys, &mark), ANCHOR_INVALID);
    write_generation(&a, &keys, 2);
    ck_assert_int_eq(anchor_read(&a, &keys, &mark), 0);
    ck_assert_uint_eq(mark.generation, 2);
    folder_remove(&folder);
}
END_TEST

int main(void)
{
    return RUN_TESTS("anchor", last_written_mark_comes_back, torn_slot_leaves_the_one_before,
                     marks_of_another_store_do_not_count);
}
