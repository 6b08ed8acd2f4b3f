/* SPDX-License-Identifier: Apache-2.0 */
/* What hosts depend on (the checklist of protocol.md 16) as far as transcripts cannot say it: the
 * answer to reset, the name in the device certificate, large files in single commands. */
#include <string.h>

#include "base/tlv.h"
#include "formats/apdu.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

static struct card_fixture f;

static void log_in(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}

static void log_out(void)
{
    card_fixture_deinit(&f);
}

/* Item 1: number 4 of protocol.md 1.1. TCK makes the sum of all bytes but the first zero (ISO
 * 7816-3 8.2.5). */
START_TEST(answer_to_reset_is_that_of_a_nitrokey)
{
    uint8_t bytes[32], sum = 0;
    struct writer expected = WRITER_OF(bytes);
    ck_assert(hex_decode("3B DE 96 FF 81 91 FE 1F C3 80 31 81 54 48 53 4D 31 73 80 21 40 81 07 92",
                         &expected));
    ck_assert(span_equal(card_atr, written(&expected)));
    struct reader in = reader_of(card_atr);
    read_u8(&in);
    while (read_left(&in))
        sum ^= read_u8(&in);
    ck_assert_uint_eq(sum, 0);
}
END_TEST

static bool is_digit(uint8_t character)
{
    return character >= '0' && character <= '9';
}

/* Item 3: OpenSC cuts five digits off the holder's name, and aborts when it is too short. */
START_TEST(holder_of_the_device_certificate_has_a_name_hosts_can_cut)
{
    ck_assert_uint_eq(card_fixture_status(&f, "00 B1 2F 02 00 00 04 54 02 00 00 00 00"), 0x6282);
    ck_assert_uint_le(card_fixture_data(&f).size, 1024);
    struct reader in = reader_of(card_fixture_data(&f));
    struct reader certificate = tlv_enter(&in, 0x7F21);
    struct reader body = tlv_enter(&certificate, 0x7F4E);
    struct span name = { 0 };
    ck_assert(tlv_find(&body, 0x5F20, &name));
    ck_assert(name.size >= 13 && name.size <= 16);
    struct reader digits = reader_of(span_part(name, name.size - 5, 5));
    for (unsigned i = 0; i < 5; i++)
        ck_assert(is_digit(read_u8(&digits)));
    ck_assert(read_finished(&digits));
}
END_TEST

/* Items 6 and 7: sc-hsm-embedded reads a file with one command, OpenSC 0.23.0 writes it with one.
 */
START_TEST(a_file_is_written_and_read_with_one_command_each)
{
    static uint8_t content[4096], data_bytes[4200], bytes[4300];
    struct writer data = WRITER_OF(data_bytes), command = WRITER_OF(bytes);
    memset(content, 0xA7, sizeof content);
    write_u32(&data, 0x54020000);
    tlv_write(&data, 0x53, SPAN_OF(content));
    const struct apdu apdu = { .ins = 0xD7, .p1 = 0xCA, .p2 = 1, .data = written(&data) };
    apdu_write(&apdu, &command);
    struct span answer = card_fixture_send(&f, written(&command));
    ck_assert(span_equal(answer, SPAN_OF(((uint8_t[]){ 0x90, 0x00 }))));

    ck_assert_uint_eq(card_fixture_status(&f, "00 B1 CA 01 00 00 04 54 02 00 00 00 00"), 0x6282);
    ck_assert(span_equal(card_fixture_data(&f), SPAN_OF(content)));
}
END_TEST

/* Item 14: whatever ends the session ends both logins; nothing else does. */
START_TEST(both_logins_end_with_the_session)
{
    static const char *const others[] = {
        "00 A4 00 00 02 2F 02 00",          "80 58 00 00 00 00 00", "00 84 00 00 08", "00 FF 00 00",
        "00 A4 04 00 05 A0 00 00 03 08 00",
    };
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_OFFICER), 0x9000);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        card_fixture_send_hex(&f, others[i]);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 88"), 0x9000);

    card_fixture_send_hex(&f, "00 A4 04 00 0B E8 2B 06 01 04 01 81 C3 1F 02 01 00");
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81"), 0x63C3);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 88"), 0x63CF);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("checklist", log_in, log_out, answer_to_reset_is_that_of_a_nitrokey,
                          holder_of_the_device_certificate_has_a_name_hosts_can_cut,
                          a_file_is_written_and_read_with_one_command_each,
                          both_logins_end_with_the_session);
}
