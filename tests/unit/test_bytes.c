/* SPDX-License-Identifier: Apache-2.0 */
/* base/bytes: cursors do not overrun, failures stick and travel up. */
#include "base/bytes.h"
#include "tests/support/suite.h"

START_TEST(reads_in_order_and_finishes)
{
    const uint8_t message[] = { 1, 2, 3, 4, 5, 6, 7, 0, 2, 8, 9 };
    struct reader in = reader_of(SPAN_OF(message));

    ck_assert_uint_eq(read_u8(&in), 1);
    ck_assert_uint_eq(read_u16(&in), 0x0203);
    ck_assert_uint_eq(read_u32(&in), 0x04050607);
    ck_assert(span_equal(read_counted(&in), SPAN_OF(((uint8_t[]){ 8, 9 }))));
    ck_assert(read_finished(&in));
}
END_TEST

START_TEST(left_over_bytes_are_not_finished)
{
    struct reader in = reader_of(SPAN_OF(((uint8_t[]){ 1, 2 })));
    read_u8(&in);
    ck_assert(!read_failed(&in));
    ck_assert(!read_finished(&in));
}
END_TEST

START_TEST(first_failed_read_sticks_for_the_whole_tree)
{
    struct reader parent = reader_of(SPAN_OF(((uint8_t[]){ 1, 2, 3, 4 })));
    struct reader child = reader_child(&parent, read_span(&parent, 2));
    struct reader sibling = reader_child(&parent, read_span(&parent, 2));

    ck_assert_uint_eq(read_u32(&child), 0);
    ck_assert(read_failed(&parent));
    ck_assert_uint_eq(read_u8(&sibling), 0);
    ck_assert_uint_eq(read_rest(&sibling).size, 0);
}
END_TEST

/* Nothing is added to a null pointer, which no part of an empty span may be reason for. */
START_TEST(a_part_of_nothing_is_nothing)
{
    for (size_t from = 0; from < 3; from++) {
        struct span part = span_part((struct span){ 0 }, from, 5);
        ck_assert_ptr_null(part.at);
        ck_assert_uint_eq(part.size, 0);
    }
}
END_TEST

START_TEST(absurd_length_fails)
{
    struct reader in = reader_of(SPAN_OF(((uint8_t[]){ 0xFF, 0xFF, 1 })));
    ck_assert_uint_eq(read_counted(&in).size, 0);
    ck_assert(read_failed(&in));
    ck_assert_uint_eq(read_span(&in, SIZE_MAX).size, 0);
}
END_TEST

START_TEST(writer_stops_at_its_capacity_and_stays_full)
{
    uint8_t bytes[4];
    struct writer out = WRITER_OF(bytes);
    write_u16(&out, 0x0102);
    write_u32(&out, 0x03040506);
    ck_assert(out.full);
    write_u8(&out, 7);
    ck_assert(span_equal(written(&out), SPAN_OF(((uint8_t[]){ 1, 2 }))));
}
END_TEST

START_TEST(decimal_and_hex_are_written_as_people_read_them)
{
    uint8_t bytes[64];
    struct writer out = WRITER_OF(bytes);
    write_decimal(&out, 0);
    write_text(&out, " ");
    write_decimal(&out, UINT64_MAX);
    write_text(&out, " ");
    write_hex(&out, SPAN_OF(((uint8_t[]){ 0xDE, 0x0F })));
    ck_assert(span_equal(written(&out), span_of_text("0 18446744073709551615 de0f")));
}
END_TEST

START_TEST(hex_decode_takes_blanks_and_refuses_the_rest)
{
    uint8_t bytes[3];
    struct writer out = WRITER_OF(bytes);
    ck_assert(hex_decode("00 a4:FF", &out));
    ck_assert(span_equal(written(&out), SPAN_OF(((uint8_t[]){ 0, 0xA4, 0xFF }))));
    ck_assert(!hex_decode("0", &(struct writer){ .at = bytes, .capacity = 3 }));
    ck_assert(!hex_decode("0g", &(struct writer){ .at = bytes, .capacity = 3 }));
    ck_assert(!hex_decode("00112233", &(struct writer){ .at = bytes, .capacity = 3 }));
}
END_TEST

START_TEST(equality_is_of_length_and_content)
{
    ck_assert(span_equal(span_of_text("abc"), span_of_text("abc")));
    ck_assert(!span_equal(span_of_text("abc"), span_of_text("abd")));
    ck_assert(!span_equal(span_of_text("abc"), span_of_text("ab")));
    ck_assert(span_is_zero((struct span){ 0 }));
}
END_TEST

int main(void)
{
    return RUN_TESTS("bytes", reads_in_order_and_finishes, left_over_bytes_are_not_finished,
                     first_failed_read_sticks_for_the_whole_tree, absurd_length_fails,
                     a_part_of_nothing_is_nothing, writer_stops_at_its_capacity_and_stays_full,
                     decimal_and_hex_are_written_as_people_read_them,
                     hex_decode_takes_blanks_and_refuses_the_rest,
                     equality_is_of_length_and_content);
}
