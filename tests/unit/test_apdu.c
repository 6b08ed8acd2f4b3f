/* SPDX-License-Identifier: Apache-2.0 */
/* formats/apdu: ISO 7816-4 5.1, every case in both forms, and everything that is none. */
#include "formats/apdu.h"
#include "tests/support/suite.h"

static bool parse(const char *text, struct apdu *out)
{
    static uint8_t bytes[64];
    struct writer command = WRITER_OF(bytes);
    ck_assert(hex_decode(text, &command));
    return apdu_parse(written(&command), out);
}

START_TEST(every_case_in_both_forms)
{
    static const struct {
        const char *command;
        size_t data;
        bool le_present;
        uint32_t le;
    } cases[] = {
        { "00 20 00 81", 0, false, 0 },
        { "00 84 00 00 08", 0, true, 8 },
        { "00 84 00 00 00", 0, true, 256 },
        { "00 E4 02 00 02 CC 01", 2, false, 0 },
        { "00 A4 00 00 02 2F 02 00", 2, true, 256 },
        { "80 58 00 00 00 00 00", 0, true, 65536 },
        { "80 84 00 00 00 02 00", 0, true, 512 },
        { "80 68 02 70 00 00 03 01 02 03", 3, false, 0 },
        { "80 68 02 70 00 00 03 01 02 03 02 00", 3, true, 512 },
        { "80 68 02 70 00 00 03 01 02 03 00 00", 3, true, 65536 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct apdu apdu;
        ck_assert_msg(parse(cases[i].command, &apdu), "%s", cases[i].command);
        ck_assert_uint_eq(apdu.data.size, cases[i].data);
        ck_assert_int_eq(apdu.le_present, cases[i].le_present);
        ck_assert_uint_eq(apdu.le, cases[i].le);
    }
}
END_TEST

START_TEST(lengths_that_do_not_add_up_are_no_command)
{
    static const char *const cases[] = {
        "",
        "00",
        "00 A4",
        "00 A4 00",
        "00 A4 00 00 02 2F",
        "00 A4 00 00 01 2F 02 00",
        "00 84 00 00 00 08",
        "00 A4 00 00 00 00 02 2F",
        "00 A4 00 00 00 00 01 2F 02",
        "00 A4 00 00 00 00 01 2F 00 00 00",
        "00 A4 00 00 00 00 00 00",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(!parse(cases[i], &(struct apdu){ 0 }), "%s", cases[i]);
}
END_TEST

START_TEST(header_is_taken_apart)
{
    struct apdu apdu;
    ck_assert(parse("80 68 02 70 01 AA", &apdu));
    ck_assert_uint_eq(apdu.cla, 0x80);
    ck_assert_uint_eq(apdu.ins, 0x68);
    ck_assert_uint_eq(apdu.p1, 0x02);
    ck_assert_uint_eq(apdu.p2, 0x70);
    ck_assert_uint_eq(apdu.data.at[0], 0xAA);
}
END_TEST

START_TEST(written_commands_parse_back)
{
    static const size_t sizes[] = { 0, 1, 255, 256, 1024 };
    static const uint32_t les[] = { 0, 1, 256, 257, 65535, 65536 };
    static uint8_t data[1024], bytes[2048];
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (size_t j = 0; j < COUNT_OF(les); j++) {
            struct apdu in = { .ins = 0x68, .data = span_of(data, sizes[i]), .le = les[j] };
            struct apdu out;
            struct writer command = WRITER_OF(bytes);
            apdu_write(&in, &command);
            ck_assert(apdu_parse(written(&command), &out));
            ck_assert_uint_eq(out.data.size, sizes[i]);
            ck_assert_uint_eq(out.le, les[j]);
        }
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("apdu", every_case_in_both_forms, lengths_that_do_not_add_up_are_no_command,
                     header_is_taken_apart, written_commands_parse_back);
}
