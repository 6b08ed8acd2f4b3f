/* SPDX-License-Identifier: Apache-2.0 */
/* base/secret: pages that are locked and stay out of dumps, blocks that are wiped. */
#include "base/secret.h"

#include <string.h>

#include "tests/support/smaps.h"
#include "tests/support/suite.h"

START_TEST(secrets_pages_are_locked_and_not_dumped)
{
    struct secret s = { 0 };
    ck_assert_int_eq(secret_init(&s, 32), 0);
    memset(s.at, 7, s.size);
    ck_assert(smaps_has_flag(s.at, "dd"));
    ck_assert(!smaps_shows_locking() || smaps_has_flag(s.at, "lo"));
    secret_deinit(&s);
    secret_deinit(&s);
    ck_assert_ptr_null(s.at);
}
END_TEST

START_TEST(heap_blocks_are_locked_and_not_dumped)
{
    static const size_t sizes[] = { 1, 32, 33, 4096, 32768, 32769, 300000 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint8_t *block = secret_alloc(sizes[i]);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 16, 0);
        memset(block, 0xA5, sizes[i]);
        ck_assert(smaps_has_flag(block, "dd"));
        ck_assert(!smaps_shows_locking() || smaps_has_flag(block, "lo"));
        secret_free(block);
    }
}
END_TEST

START_TEST(fresh_blocks_are_zero)
{
    static const size_t sizes[] = { 32, 32768, 300000 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint8_t *block = secret_alloc(sizes[i]);
        ck_assert(span_is_zero(span_of(block, sizes[i])));
        secret_free(block);
    }
}
END_TEST

START_TEST(freed_blocks_are_wiped)
{
    uint8_t *first = secret_alloc(64);
    memset(first, 0xA5, 64);
    secret_free(first);
    uint8_t *again = secret_alloc(64);
    ck_assert_ptr_eq(first, again);
    ck_assert(span_is_zero(span_of(again, 64)));
    secret_free(again);
}
END_TEST

START_TEST(realloc_keeps_the_content)
{
    uint8_t *block = secret_alloc(16);
    memset(block, 0x5A, 16);
    block = secret_realloc(block, 100000);
    for (size_t i = 0; i < 16; i++)
        ck_assert_uint_eq(block[i], 0x5A);
    secret_free(block);
    ck_assert_ptr_nonnull(block = secret_realloc(NULL, 8));
    secret_free(block);
    ck_assert_ptr_null(secret_alloc(SIZE_MAX));
}
END_TEST

START_TEST(scratch_is_wiped_at_the_end_of_its_scope)
{
    uint8_t copy[64];
    struct secret_scratch probe = { copy, sizeof copy };
    memset(copy, 0xA5, sizeof copy);
    secret_scratch_end(&probe);
    ck_assert(span_is_zero(SPAN_OF(copy)));
}
END_TEST

int main(void)
{
    return RUN_TESTS("secret", secrets_pages_are_locked_and_not_dumped,
                     heap_blocks_are_locked_and_not_dumped, fresh_blocks_are_zero,
                     freed_blocks_are_wiped, realloc_keeps_the_content,
                     scratch_is_wiped_at_the_end_of_its_scope);
}
