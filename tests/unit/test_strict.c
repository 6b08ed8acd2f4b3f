/* SPDX-License-Identifier: Apache-2.0 */
/* card-os/strict: a strict card does without each extension, and comes back with all of them. */
#include "card-os/strict.h"

#include <string.h>

#include "card-os/device.h"
#include "card-os/keys.h"
#include "storage/audit.h"
#include "tests/support/sealed_key.h"
#include "tests/support/suite.h"

static struct card_fixture f;

static void set_up(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
}

/* As at rest: the card finds it when it is powered on. */
static void set_strict(bool on)
{
    ck_assert_int_eq(strict_set(&f.env, on, 7), 0);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}

/* --- The setting --- */

static struct audit_record last_record(void)
{
    return card_fixture_last_record(&f);
}

START_TEST(setting_is_recorded_once_and_kept)
{
    bool strict = true;
    ck_assert_int_eq(strict_load(f.store, &strict), 0);
    ck_assert(!strict);
    ck_assert_int_eq(strict_set(&f.env, true, 7), 0);
    ck_assert_int_eq(last_record().action, AUDIT_STRICT_ON);
    ck_assert_int_eq(last_record().role, AUDIT_ADMIN);
    ck_assert_uint_eq(last_record().admin_uid, 7);
    uint64_t records = store_facts(f.store).log_size;
    ck_assert_int_eq(strict_set(&f.env, true, 7), 0);
    ck_assert_uint_eq(store_facts(f.store).log_size, records);
    ck_assert_int_eq(strict_load(f.store, &strict), 0);
    ck_assert(strict);
    card_fixture_initialise(&f);
    ck_assert_int_eq(strict_load(f.store, &strict), 0);
    ck_assert(strict);
    ck_assert_int_eq(strict_set(&f.env, false, 7), 0);
    ck_assert_int_eq(last_record().action, AUDIT_STRICT_OFF);
    ck_assert_int_eq(strict_load(f.store, &strict), 0);
    ck_assert(!strict);
}
END_TEST

START_TEST(forced_audit_is_not_given_up)
{
    const enum audit_forced forced[] = { AUDIT_FORCED_ON, AUDIT_FORCED_FIXED };
    const struct audit_policy policy = { .forced = forced[_i], .limit = 100 };
    const struct audit_record event = { .action = AUDIT_AUDIT_POLICY, .sw = 0x9000 };
    bool strict;
    ck_assert_int_eq(store_begin(f.store), 0);
    ck_assert_int_eq(audit_set_policy(f.store, &policy, &event), 0);
    ck_assert_int_eq(store_commit(f.store, false), 0);
    ck_assert(!strict_possible(f.store));
    ck_assert_int_eq(strict_set(&f.env, true, 0), STRICT_FORCED);
    ck_assert_int_eq(strict_load(f.store, &strict), 0);
    ck_assert(!strict);
}
END_TEST

/* --- The extensions, each with and without --- */

static const struct {
    const char *command;
    unsigned with, without;
} commands[] = {
    /* GENERATE on Ed25519 */
    { "00 46 05 00 00 00 8B 5F290100 7F4972 060A04007F00070202020203 8120"
      "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFED 8220"
      "1000000000000000000000000000000014DEF9DEA2F79CD65812631A5CF5D3ED 8320"
      "5866666666666666666666666666666666666666666666666666666666666666"
      "5F200F455348534D30303030313030303031 00 00",
      0x9000, 0x6A80 },
    /* SELECT and READ of the log */
    { "00 A4 00 00 02 D000 00", 0x9000, 0x6A82 },
    { "00 A4 00 00 02 D100 00", 0x9000, 0x6A82 },
    { "00 B1 D001 04 54020000 00", 0x9000, 0x6A82 },
    { "00 B1 D100 04 54020000 00", 0x9000, 0x6A82 },
    { "00 E4 02 00 02 D100", 0x6982, 0x6A82 },
    /* DELETE with P1 00 */
    { "00 E4 00 00 02 D100", 0x6982, 0x6A86 },
    /* CLEAR SESSION PIN */
    { "80 5A 00 81", 0x9000, 0x6D00 },
};

/* Options 000C: session PINs, which have to be cleared. */
static void initialise_with_session_pins(void)
{
    ck_assert_uint_eq(card_fixture_status(&f,
                                          "80 50 00 00 19 8002000D 8106363438323139 "
                                          "82083537363231383830 910103"),
                      0x9000);
}

START_TEST(extension_is_there_and_goes_and_comes_back)
{
    const char *command = commands[_i].command;
    initialise_with_session_pins();
    ck_assert_uint_eq(card_fixture_status(&f, command), commands[_i].with);
    set_strict(true);
    ck_assert_uint_eq(card_fixture_status(&f, command), commands[_i].without);
    set_strict(false);
    ck_assert_uint_eq(card_fixture_status(&f, command), commands[_i].with);
}
END_TEST

/* RFC 8032 7.1, TEST 2. */
static void put_ed25519(void)
{
    uint8_t bytes[KEY_MATERIAL_MAX], half_bytes[32];
    struct writer material = WRITER_OF(bytes), half = WRITER_OF(half_bytes);
    const struct key_spec spec = key_spec_on(curve_by_name("Ed25519"));
    static const char *const halves[] = {
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    };
    for (size_t i = 0; i < COUNT_OF(halves); i++) {
        half.size = 0;
        ck_assert(hex_decode(halves[i], &half));
        write_counted(&material, written(&half));
    }
    sealed_key_put(&f, &spec, written(&material));
}

START_TEST(key_of_an_extension_rests_meanwhile)
{
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE_SLOTS), 0x9000);
    put_ed25519();
    ck_assert_uint_eq(sealed_key_command(&f, 0x68, 0x70, span_of_text("message")), 0x9000);
    set_strict(true);
    ck_assert_uint_eq(sealed_key_command(&f, 0x68, 0x70, span_of_text("message")), 0x6A81);
    ck_assert_uint_eq(card_fixture_status(&f, "80 72 01 92 00 00 00"), 0x6985);
    set_strict(false);
    ck_assert_uint_eq(sealed_key_command(&f, 0x68, 0x70, span_of_text("message")), 0x9000);
}
END_TEST

#define WRAP_KEY_05 "80 72 05 92 00 00 00"
#define INITIALIZE_DOMAIN                                                                          \
    "80 50 00 00 1C 80020001 8106363438323139 82083537363231383830 910103 920100"

START_TEST(key_of_an_extension_does_not_travel_meanwhile)
{
    uint8_t bytes[1024];
    struct writer blob = WRITER_OF(bytes);
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE_DOMAIN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, commands[0].command), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, WRAP_KEY_05), 0x9000);
    write_span(&blob, card_fixture_data(&f));
    set_strict(true);
    ck_assert_uint_eq(card_fixture_status(&f, WRAP_KEY_05), 0x6985);
    ck_assert_uint_eq(card_fixture_command(&f, 0x80740693, written(&blob)), 0x6A80);
    set_strict(false);
    ck_assert_uint_eq(card_fixture_command(&f, 0x80740693, written(&blob)), 0x9000);
}
END_TEST

/* One of 16 signatures on P-521 is shorter than OpenSC 0.23.0 can read; that none of 300 is has a
 * chance below 1 in 10^8. */
START_TEST(signature_on_p521_is_made_once)
{
    const struct curve *curve = curve_by_name("P-521");
    uint8_t scalar[66] = { 0 }, hash[64] = { 1 };
    bool seen = false;
    scalar[65] = 3;
    sealed_key_put_scalar(&f, curve, SPAN_OF(scalar));
    set_strict(true);
    for (int i = 0; i < 300 && !seen; i++) {
        ck_assert_uint_eq(sealed_key_command(&f, 0x68, 0x70, SPAN_OF(hash)), 0x9000);
        seen = card_fixture_data(&f).size <= 137;
    }
    ck_assert(seen);
}
END_TEST

START_TEST(what_hardware_has_stays)
{
    const struct key_spec rsa = { .type = KEY_RSA, .bits = 4096 },
                          longer = { .type = KEY_RSA, .bits = 5120 },
                          aes = { .type = KEY_AES, .bits = 256 };
    set_strict(true);
    ck_assert(!strict_forbids_key(f.card, &rsa) && !strict_forbids_key(f.card, &aes));
    ck_assert(strict_forbids_key(f.card, &longer));
    for (size_t i = 0; i < curve_count(); i++) {
        const struct key_spec spec = key_spec_on(curve_at(i));
        ck_assert(!strict_forbids_key(f.card, &spec));
    }
    for (size_t i = 0; i < raw_curve_count(); i++) {
        const struct key_spec spec = key_spec_on(raw_curve_at(i));
        ck_assert(strict_forbids_key(f.card, &spec));
    }
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_P256), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 B1 2F 03 04 54020000 00"), 0x6282);
}
END_TEST

/* What only other emulations have. */
START_TEST(commands_of_no_hardware_are_unknown)
{
    ck_assert_uint_eq(card_fixture_status(&f, "00 64 05 00 00"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 2C 03 81"), 0x9000);
    set_strict(true);
    ck_assert_uint_eq(card_fixture_status(&f, "00 64 05 00 00"), 0x6D00);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 2C 03 81"), 0x6A86);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strict");
    TCase *all = tcase_create("strict");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, setting_is_recorded_once_and_kept);
    tcase_add_loop_test(all, forced_audit_is_not_given_up, 0, 2);
    tcase_add_loop_test(all, extension_is_there_and_goes_and_comes_back, 0,
                        (int)COUNT_OF(commands));
    tcase_add_test(all, key_of_an_extension_rests_meanwhile);
    tcase_add_test(all, key_of_an_extension_does_not_travel_meanwhile);
    tcase_add_test(all, signature_on_p521_is_made_once);
    tcase_add_test(all, what_hardware_has_stays);
    tcase_add_test(all, commands_of_no_hardware_are_unknown);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
