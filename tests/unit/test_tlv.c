/* SPDX-License-Identifier: Apache-2.0 */
/* base/tlv: X.690 lengths and tags, and what must fail. */
#include "base/tlv.h"
#include "tests/support/suite.h"

static struct span from_hex(const char *text)
{
    static uint8_t bytes[4][512];
    static unsigned next;
    struct writer out = writer_of(bytes[next++ % 4], sizeof bytes[0]);
    ck_assert(hex_decode(text, &out));
    return written(&out);
}

static bool parses(struct span bytes)
{
    struct reader in = reader_of(bytes);
    while (read_left(&in))
        tlv_read(&in);
    return read_finished(&in);
}

START_TEST(reads_tags_and_lengths_of_every_form)
{
    static const struct {
        const char *bytes;
        uint32_t tag;
        size_t size;
    } cases[] = {
        { "30 00", 0x30, 0 },
        { "5F29 01 00", 0x5F29, 1 },
        { "80 8101 AA", 0x80, 1 },
        { "7F21 820002 AABB", 0x7F21, 2 },
        { "53 83000001 AA", 0x53, 1 },
        { "53 8400000001 AA", 0x53, 1 },
        { "5F8129 01 AA", 0x5F8129, 1 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span bytes = from_hex(cases[i].bytes);
        struct reader in = reader_of(bytes);
        struct tlv element = tlv_read(&in);
        ck_assert_uint_eq(element.tag, cases[i].tag);
        ck_assert_uint_eq(element.value.size, cases[i].size);
        ck_assert(span_equal(element.whole, bytes));
        ck_assert(read_finished(&in));
    }
}
END_TEST

START_TEST(truncated_at_every_byte_fails)
{
    struct span whole = from_hex("7F21 820102 80 8180" /* two nested headers, then 255 bytes */);
    uint8_t bytes[263] = { 0 };
    struct writer out = WRITER_OF(bytes);
    write_span(&out, whole);
    write_zeros(&out, 0x0102 - 3);
    ck_assert(parses(written(&out)));
    for (size_t size = 1; size < out.size; size++)
        ck_assert_msg(!parses(span_part(written(&out), 0, size)), "%zu bytes", size);
}
END_TEST

START_TEST(absurd_lengths_and_forms_fail)
{
    static const char *const cases[] = {
        "30 84FFFFFFFF 00", "30 850000000001 00", "30 80 00 00", "30 02 00",
        "5F818129 00",      "30 84 7FFFFFFF",     "1F",          "30",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(!parses(from_hex(cases[i])), "%s", cases[i]);
}
END_TEST

START_TEST(child_cannot_leave_its_element)
{
    struct reader in = reader_of(from_hex("30 02 04 05 04 01 AA"));
    struct reader child = tlv_enter(&in, 0x30);
    tlv_expect(&child, 0x04);
    ck_assert(read_failed(&in));
}
END_TEST

START_TEST(find_looks_ahead_and_moves_nothing)
{
    struct reader in = reader_of(from_hex("80 01 AA 91 02 BBCC 82 00"));
    struct span value;
    ck_assert(tlv_find(&in, 0x91, &value));
    ck_assert(span_equal(value, from_hex("BBCC")));
    ck_assert(!tlv_find(&in, 0x92, &value));
    ck_assert_uint_eq(read_left(&in), 9);
    ck_assert(tlv_is_next(&in, 0x80));
    ck_assert(!tlv_is_next(&in, 0x91));
}
END_TEST

static bool reads_template(const char *text, struct span *a, struct span *b)
{
    struct reader in = reader_of(from_hex(text));
    tlv_read_members(&in, { 0x80, 2, 2, true, a }, { 0x91, 1, 4, false, b });
    return read_finished(&in);
}

START_TEST(template_takes_any_order_and_checks_lengths)
{
    struct span a, b;
    ck_assert(reads_template("91 01 05 80 02 0001", &a, &b));
    ck_assert_uint_eq(a.size, 2);
    ck_assert_uint_eq(b.size, 1);
    ck_assert(reads_template("C0 01 FF 80 02 0001", &a, &b));
    ck_assert_ptr_null(b.at);
    ck_assert(!reads_template("91 01 05", &a, &b));
    ck_assert(!reads_template("80 01 01", &a, &b));
    ck_assert(!reads_template("80 02 0001 91 05 0102030405", &a, &b));
    ck_assert(!reads_template("80 02 0001 80 02 0001", &a, &b));
}
END_TEST

START_TEST(numbers_are_at_most_32_bits)
{
    struct reader in = reader_of((struct span){ 0 });
    ck_assert_uint_eq(tlv_number(&in, from_hex("0100")), 256);
    ck_assert_uint_eq(tlv_number(&in, from_hex("00FFFFFFFF")), UINT32_MAX);
    ck_assert(!read_failed(&in));
    tlv_number(&in, from_hex("0100000000"));
    ck_assert(read_failed(&in));
}
END_TEST

START_TEST(close_writes_the_shortest_length)
{
    static const struct {
        size_t size;
        const char *header;
    } cases[] = {
        { 0, "30 00" },       { 127, "30 7F" },       { 128, "30 8180" },        { 255, "30 81FF" },
        { 256, "30 820100" }, { 65535, "30 82FFFF" }, { 65536, "30 8400010000" }
    };
    static uint8_t bytes[70000];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct writer out = WRITER_OF(bytes);
        struct tlv_mark mark = tlv_open(&out, 0x30);
        write_zeros(&out, cases[i].size);
        tlv_close(&out, mark);
        struct span header = from_hex(cases[i].header);
        ck_assert(span_equal(span_part(written(&out), 0, header.size), header));
        ck_assert_uint_eq(out.size, header.size + cases[i].size);
    }
}
END_TEST

START_TEST(integers_are_minimal_and_not_negative)
{
    uint8_t bytes[32];
    struct writer out = WRITER_OF(bytes);
    tlv_write_unsigned(&out, 0x02, from_hex("00007F"));
    tlv_write_unsigned(&out, 0x02, from_hex("80"));
    tlv_write_unsigned(&out, 0x02, from_hex("00"));
    ck_assert(span_equal(written(&out), from_hex("02 01 7F 02 02 0080 02 01 00")));
}
END_TEST

START_TEST(close_in_a_full_writer_stays_full)
{
    uint8_t bytes[129];
    struct writer out = WRITER_OF(bytes);
    struct tlv_mark mark = tlv_open(&out, 0x30);
    write_zeros(&out, 128);
    tlv_close(&out, mark);
    ck_assert(out.full);
}
END_TEST

int main(void)
{
    return RUN_TESTS("tlv", reads_tags_and_lengths_of_every_form, truncated_at_every_byte_fails,
                     absurd_lengths_and_forms_fail, child_cannot_leave_its_element,
                     find_looks_ahead_and_moves_nothing,
                     template_takes_any_order_and_checks_lengths, numbers_are_at_most_32_bits,
                     close_writes_the_shortest_length, integers_are_minimal_and_not_negative,
                     close_in_a_full_writer_stays_full);
}
