/* SPDX-License-Identifier: Apache-2.0 */
/* base/chance: random bytes, all of those asked for and no more. */
#include <string.h>

#include "base/chance.h"
#include "tests/support/suite.h"

/* 32 zero bytes in a row are no chance. */
START_TEST(every_part_of_any_size_is_filled)
{
    static const size_t sizes[] = { 0, 1, 255, 256, 257, 1000 };
    static const uint8_t zeroes[32];
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint8_t room[1064] = { 0 };
        ck_assert_int_eq(chance_fill(room, sizes[i]), 0);
        for (size_t at = 0; at + sizeof zeroes <= sizes[i]; at += sizeof zeroes)
            ck_assert_mem_ne(room + at, zeroes, sizeof zeroes);
        ck_assert_mem_eq(room + sizes[i], zeroes, sizeof zeroes);
        ck_assert_mem_eq(room + sizeof room - sizeof zeroes, zeroes, sizeof zeroes);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("chance", every_part_of_any_size_is_filled);
}
