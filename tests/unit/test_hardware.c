/* SPDX-License-Identifier: Apache-2.0 */
/* What hardware was seen to do that no transcript can ask: docs/HARDWARE.md names these tests. */
#include "base/text.h"
#include "crypto/crypto.h"
#include "tests/support/card_fixture.h"
#include "tests/support/papers.h"
#include "tests/support/suite.h"

#define SIGNATURES_MAX 128 /* that none of them has its s in the upper half: 1 in 2^128 */

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

START_TEST(atr_is_that_of_firmware_4)
{
    ck_assert_str_eq(hex_of(card_atr).text, "3bde96ff8191fe1fc38031815448534d3173802140810792");
}
END_TEST

static void generate(uint8_t id, const char *curve)
{
    uint8_t bytes[1024];
    struct writer command = WRITER_OF(bytes);
    papers_write_generate(&command, id, curve, NULL, PAPERS_NO_DOMAIN);
    ck_assert_uint_eq(answer_status(card_fixture_send(&f, written(&command))), 0x9000);
}

/* The first byte of s: the order begins with FF, its half with 7F. */
static uint8_t sign(void)
{
    uint8_t bytes[64];
    struct writer plain = WRITER_OF(bytes);
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 01 70 20" HASH "00"), 0x9000);
    ck_assert_int_eq(ecdsa_plain(card_fixture_data(&f), 32, &plain), 0);
    return bytes[32];
}

/* Some hosts, such as those of coins, want the lower one: the hardware leaves it to them. */
START_TEST(s_is_in_either_half)
{
    unsigned upper = 0, lower = 0;
    generate(1, "secp256k1");
    for (unsigned i = 0; i < SIGNATURES_MAX && !(upper && lower); i++)
        *(sign() >= 0x80 ? &upper : &lower) += 1;
    ck_assert(upper && lower);
}
END_TEST

/* In the memory of the chip, and with one ENUMERATE. */
START_TEST(thirty_keys_are_made_and_listed)
{
    f.env.capacity = 76 * 1024;
    for (uint8_t id = 1; id <= 30; id++)
        generate(id, "P-256");
    ck_assert_uint_eq(card_fixture_status(&f, "80 58 00 00 00 00 00"), 0x9000);
    struct reader in = reader_of(card_fixture_data(&f));
    unsigned keys = 0;
    while (in.rest.size)
        keys += read_u16(&in) >> 8 == 0xCC;
    ck_assert_uint_eq(keys, 31); /* the device's, too */
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("hardware", log_in, log_out, atr_is_that_of_firmware_4,
                          s_is_in_either_half, thirty_keys_are_made_and_listed);
}
