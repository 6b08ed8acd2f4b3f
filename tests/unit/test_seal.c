/* SPDX-License-Identifier: Apache-2.0 */
/* storage/seal: sealed bytes open in their place, unaltered, and nowhere else. */
#include "storage/seal.h"

#include <sodium.h>

#include "tests/support/suite.h"

static const uint8_t key[SEAL_KEY_SIZE] = { 1, 2, 3 };
static const struct seal_place home = {
    .device = { 1 }, .incarnation = { 2 }, .type = 3, .id = 4, .version = 5
};

struct sealed {
    uint8_t bytes[100];
    size_t size;
};

static struct sealed seal_text(const char *text)
{
    struct sealed sealed;
    struct writer out = WRITER_OF(sealed.bytes);
    ck_assert_int_ge(sodium_init(), 0);
    seal_close(key, &home, span_of_text(text), &out);
    ck_assert(!out.full);
    sealed.size = out.size;
    return sealed;
}

static int open_at(const struct seal_place *place, struct span sealed, struct writer *out)
{
    return seal_open(key, place, sealed, out);
}

static void assert_forged(const struct seal_place *place, struct span sealed)
{
    uint8_t bytes[100];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(open_at(place, sealed, &out), SEAL_FORGED);
    ck_assert_uint_eq(out.size, 0);
}

START_TEST(opens_in_its_place)
{
    struct sealed sealed = seal_text("material");
    uint8_t bytes[8];
    struct writer out = WRITER_OF(bytes);
    ck_assert_uint_eq(sealed.size, 8 + SEAL_OVERHEAD);
    ck_assert_int_eq(open_at(&home, span_of(sealed.bytes, sealed.size), &out), 0);
    ck_assert(span_equal(written(&out), span_of_text("material")));
}
END_TEST

START_TEST(every_flipped_bit_is_found)
{
    struct sealed sealed = seal_text("material");
    for (size_t bit = 0; bit < 8 * sealed.size; bit++) {
        sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_forged(&home, span_of(sealed.bytes, sealed.size));
        sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
END_TEST

START_TEST(every_truncation_and_one_byte_more_is_found)
{
    struct sealed sealed = seal_text("material");
    for (size_t size = 0; size < sealed.size; size++)
        assert_forged(&home, span_of(sealed.bytes, size));
    sealed.bytes[sealed.size] = 0;
    assert_forged(&home, span_of(sealed.bytes, sealed.size + 1));
}
END_TEST

START_TEST(does_not_open_elsewhere)
{
    struct sealed sealed = seal_text("material");
    struct seal_place places[] = { home, home, home, home, home };
    places[0].device[15] ^= 1;
    places[1].incarnation[7] ^= 1;
    places[2].type++;
    places[3].id++;
    places[4].version--;
    for (size_t i = 0; i < COUNT_OF(places); i++)
        assert_forged(&places[i], span_of(sealed.bytes, sealed.size));
}
END_TEST

START_TEST(does_not_open_with_another_key)
{
    struct sealed sealed = seal_text("material");
    uint8_t other[SEAL_KEY_SIZE] = { 1, 2, 4 }, bytes[100];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(seal_open(other, &home, span_of(sealed.bytes, sealed.size), &out),
                     SEAL_FORGED);
}
END_TEST

START_TEST(same_bytes_are_never_sealed_alike)
{
    struct sealed one = seal_text("material"), other = seal_text("material");
    ck_assert(!span_equal(span_of(one.bytes, one.size), span_of(other.bytes, other.size)));
}
END_TEST

int main(void)
{
    return RUN_TESTS("seal", opens_in_its_place, every_flipped_bit_is_found,
                     every_truncation_and_one_byte_more_is_found, does_not_open_elsewhere,
                     does_not_open_with_another_key, same_bytes_are_never_sealed_alike);
}
