/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the PIN of a token that wants custodians too (option 0010), or some of the custodians,
 * but not all that it takes: he does not open it, and does not make the custodians that are
 * missing. */
#include <string.h>

#include "base/tlv.h"
#include "tests/support/elsewhere.h"
#include "tests/support/suite.h"

/* Options 0011; of three custodians two must sign. */
#define INITIALIZE_BOTH                                                                            \
    "80 50 00 00 1D 80020011 8106363438323139 82083537363231383830 910103 93020302"
#define SIGN               "80 68 02 70 20 " HASH " 00"
#define WRITE_CONFIDENTIAL "00 D7 CD 01 0A 54 02 00 00 53 04 01 02 03 04"
#define REGISTER           0x80540000

static struct card_fixture f;
static struct elsewhere elsewhere;

static uint16_t status(const char *command)
{
    return card_fixture_status(&f, command);
}

static uint16_t enroll(unsigned custodian)
{
    return card_fixture_command(&f, REGISTER, elsewhere.custodians[custodian].request);
}

static void sign_in(unsigned custodian)
{
    uint8_t name_bytes[64], message_bytes[64], signature_bytes[64];
    struct writer name = WRITER_OF(name_bytes), message = WRITER_OF(message_bytes),
                  signature = WRITER_OF(signature_bytes);
    tlv_write(&name, 0x83, elsewhere.custodians[custodian].request_read.inner.chr);
    ck_assert_uint_eq(card_fixture_command(&f, 0x002281A4, written(&name)), 0x9000);
    ck_assert_uint_eq(status("00 84 00 00 08"), 0x9000);
    ck_assert_int_eq(device_name(f.store, &message), 0);
    write_span(&message, card_fixture_data(&f));
    elsewhere_sign(&elsewhere, custodian, written(&message), &signature);
    ck_assert_uint_eq(card_fixture_command(&f, 0x00820000, written(&signature)), 0x9000);
}

/* With so many custodians of the owner's, registered in the session that initialised. */
static void make_device(unsigned custodians, bool with_key)
{
    card_fixture_init(&f);
    papers_trust(&f, &elsewhere.custodians[0]);
    ck_assert_uint_eq(status(INITIALIZE_BOTH), 0x9000);
    papers_import(&f, &elsewhere.custodians[0]);
    for (unsigned i = 0; i < custodians; i++)
        ck_assert_uint_eq(enroll(i), 0x9000);
    if (with_key)
        ck_assert_uint_eq(status(GENERATE_P256), 0x9000);
    card_reset(f.card);
    papers_import(&f, &elsewhere.custodians[0]);
}

static void assert_shut(void)
{
    uint16_t sign = status(SIGN);
    ck_assert_msg(sign == 0x6982, "SIGN: %04X", sign);
    ck_assert_uint_eq(status(WRITE_CONFIDENTIAL), 0x6982);
    ck_assert_uint_eq(status(VERIFY_USER_QUERY) & 0xFFF0,
                      0x63C0 * !f.card->session.pin + 0x9000 * f.card->session.pin);
}

/* Whoever could be registered signs in, and then the PIN is verified. */
static void assert_shut_to(const bool registered[5])
{
    card_reset(f.card);
    papers_import(&f, &elsewhere.custodians[0]);
    for (unsigned i = 0; i < 5; i++)
        if (registered[i])
            sign_in(i);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    assert_shut();
}

/* However many there are of those that must sign: where there is a key, the PIN makes none. */
START_TEST(pin_alone_registers_nobody_once_there_is_a_key)
{
    bool his[5] = { false };
    make_device((unsigned)_i, true);
    for (unsigned i = 3; i < 5; i++) {
        ck_assert_uint_eq(enroll(i), 0x6982);
        ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
        his[i] = enroll(i) == 0x9000;
        ck_assert(!his[i]);
    }
    assert_shut_to(his);
    card_fixture_deinit(&f);
}
END_TEST

/* Where there is nothing to be had yet, who comes first makes no more than must sign. */
START_TEST(who_comes_first_makes_no_more_than_must_sign)
{
    unsigned custodians = (unsigned)_i;
    make_device(custodians, false);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(enroll(3), custodians < 2 ? 0x9000 : 0x6982);
    ck_assert_uint_eq(enroll(4), custodians < 1 ? 0x9000 : 0x6982);
    card_fixture_deinit(&f);
}
END_TEST

START_TEST(some_custodians_register_no_more_of_themselves)
{
    make_device(2, true);
    sign_in(0);
    ck_assert_uint_eq(enroll(3), 0x6982);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000); /* the PIN and one of two */
    ck_assert_uint_eq(enroll(3), 0x6982);
    ck_assert_uint_eq(status(SIGN), 0x6982);
    ck_assert_uint_eq(status(WRITE_CONFIDENTIAL), 0x6982);
    card_fixture_deinit(&f);
}
END_TEST

START_TEST(all_custodians_without_the_pin_do_not_open_it)
{
    make_device(2, true);
    sign_in(0);
    sign_in(1);
    ck_assert_uint_eq(enroll(3), 0x6982);
    ck_assert_uint_eq(status(SIGN), 0x6982);
    card_fixture_deinit(&f);
}
END_TEST

START_TEST(both_together_open_it_and_register_the_third)
{
    make_device(2, true);
    sign_in(0);
    sign_in(1);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(status(SIGN), 0x9000);
    ck_assert_uint_eq(enroll(3), 0x9000);
    card_fixture_deinit(&f);
}
END_TEST

/* The same signature does not count twice, nor for another challenge. */
START_TEST(one_custodian_does_not_sign_for_two)
{
    make_device(2, true);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    sign_in(0);
    uint8_t name_bytes[64];
    struct writer name = WRITER_OF(name_bytes);
    tlv_write(&name, 0x83, elsewhere.custodians[0].request_read.inner.chr);
    ck_assert_uint_eq(card_fixture_command(&f, 0x002281A4, written(&name)), 0x6985);
    ck_assert_uint_eq(status(SIGN), 0x6982);
    card_fixture_deinit(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("PIN alone");
    TCase *all = tcase_create("PIN alone");
    elsewhere_init(&elsewhere);
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, pin_alone_registers_nobody_once_there_is_a_key, 0, 4);
    tcase_add_loop_test(all, who_comes_first_makes_no_more_than_must_sign, 0, 4);
    tcase_add_test(all, some_custodians_register_no_more_of_themselves);
    tcase_add_test(all, all_custodians_without_the_pin_do_not_open_it);
    tcase_add_test(all, both_together_open_it_and_register_the_third);
    tcase_add_test(all, one_custodian_does_not_sign_for_two);
    suite_add_tcase(suite, all);
    int failed = run_suite(suite);
    elsewhere_deinit(&elsewhere);
    return failed;
}
