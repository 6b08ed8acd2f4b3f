/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored in a form that the card does not know, as after a downgrade, is a fault: it is not
 * taken for something else, and the card answers nothing more until it is powered on again. */
#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/device.h"
#include "card-os/key_record.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

enum { KEY = 9 };

static struct card_fixture f;

static void set_up(void)
{
    card_fixture_init(&f);
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE_SLOTS), 0x9000);
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
}

static void put(enum object_type type, uint32_t id, struct span bytes)
{
    ck_assert_int_eq(store_begin(f.store), 0);
    ck_assert_int_eq(store_put(f.store, type, id, bytes), 0);
    ck_assert_int_eq(store_commit(f.store, false), 0);
}

static void put_hex(enum object_type type, uint32_t id, const char *hex)
{
    uint8_t bytes[256];
    struct writer form = WRITER_OF(bytes);
    ck_assert(hex_decode(hex, &form));
    put(type, id, written(&form));
}

static void assert_known(const char *command)
{
    ck_assert_msg(card_fixture_status(&f, command) == 0x9000, "%s", failure_last()->cause);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}

static void assert_broken(const char *command)
{
    ck_assert_uint_eq(card_fixture_status(&f, command), 0x6F00);
    ck_assert_int_eq(f.fault, FAULT_BROKEN);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x6F00);
    ck_assert_uint_eq(card_fixture_status(&f, "00 A4 04 00 0B E82B0601040181C31F0201 00"), 0x6F00);
}

/* --- Keys --- */

#define SELECT_KEY "00 A4 00 00 02 CC09 00"
#define NAME       "850C 000000000000000000000000 "
#define NO_LIST    "9100 "
#define DOMAIN_0   "920100 "
#define KEK_OF_32  "9320 0000000000000000000000000000000000000000000000000000000000000000 "

/* type, curve: as crypto.h numbers them; 0: is left out. */
static void put_key(uint8_t type, const struct curve *curve, const char *rest)
{
    uint8_t bytes[256];
    struct writer form = WRITER_OF(bytes);
    tlv_write_u8(&form, 0x80, type);
    ck_assert(hex_decode("8104 00000100 840101 " NAME, &form));
    if (curve)
        tlv_write_u8(&form, 0x83, curve->id);
    ck_assert(hex_decode(rest, &form));
    put(OBJECT_KEY, KEY, written(&form));
}

START_TEST(keys_of_known_forms_are_told)
{
    const struct curve *p256 = curve_by_name("P-256"), *ed25519 = curve_by_name("Ed25519");
    put_key(KEY_EC, p256, NO_LIST);
    assert_known(SELECT_KEY);
    put_key(KEY_EDWARDS, ed25519, NO_LIST DOMAIN_0 KEK_OF_32);
    assert_known(SELECT_KEY);
    put_key(KEY_RSA, NULL, NO_LIST "8704 00000000"); /* a later member */
    assert_known(SELECT_KEY);
}
END_TEST

static const struct {
    uint8_t type;
    const char *curve, *rest;
} unknown_keys[] = {
    { KEY_EC, "P-256", "" },                /* no list of algorithms */
    { KEY_EC, "P-256", NO_LIST "92" },      /* cut short */
    { KEY_EC, "P-256", NO_LIST DOMAIN_0 },  /* a domain, but not its secret's name */
    { KEY_EC, "P-256", NO_LIST KEK_OF_32 }, /* the reverse */
    { KEY_EC, "Ed25519", NO_LIST },         /* a curve of another form */
    { KEY_EDWARDS, "P-256", NO_LIST },
    { KEY_EC, NULL, NO_LIST },
};

START_TEST(keys_of_other_forms_are_a_fault)
{
    const char *curve = unknown_keys[_i].curve;
    put_key(unknown_keys[_i].type, curve ? curve_by_name(curve) : NULL, unknown_keys[_i].rest);
    assert_broken(SELECT_KEY);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}
END_TEST

/* --- Key domains --- */

#define DOMAIN_STATUS "80 52 00 00 00"
#define SECRET_OF_32  "1111111111111111111111111111111111111111111111111111111111111111"

START_TEST(domains_of_known_forms_are_told)
{
    put_hex(OBJECT_DOMAIN, 0, "01 00" SECRET_OF_32);
    assert_known(DOMAIN_STATUS);
    put_hex(OBJECT_DOMAIN, 0, "01 00" SECRET_OF_32 SECRET_OF_32 SECRET_OF_32);
    assert_known(DOMAIN_STATUS);
}
END_TEST

START_TEST(domains_of_other_forms_are_a_fault)
{
    static const char *const forms[] = { "01 00 1111", "01 00" SECRET_OF_32 SECRET_OF_32 };
    put_hex(OBJECT_DOMAIN, 0, forms[_i]);
    assert_broken(DOMAIN_STATUS);
}
END_TEST

/* --- What INITIALIZE said --- */

/* Read as zero it would ask for less. */
START_TEST(options_of_other_forms_are_a_fault)
{
    put_hex(OBJECT_DEVICE, DEVICE_OPTIONS, "00");
    assert_broken("00 2C 02 81 06 363438323139");
}
END_TEST

START_TEST(wrong_pin_logs_out_even_where_the_rule_cannot_be_read)
{
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    put_hex(OBJECT_DEVICE, DEVICE_CUSTODY, "03");
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81 06 313131313131"), 0x63C2);
    ck_assert(!f.card->session.user);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x6F00);
}
END_TEST

/* --- Files --- */

/* One of no class, as after a downgrade, is none that a custodian could open. */
START_TEST(files_of_other_classes_keep_no_custodian_out)
{
    ck_assert_uint_eq(card_fixture_status(&f,
                                          "80 50 00 00 1D 80020001 8106363438323139 "
                                          "82083537363231383830 910103 93020302"),
                      0x9000);
    put_hex(OBJECT_FILE, 0x1234, "00");
    card_reset(f.card);
    ck_assert_uint_eq(card_fixture_status(&f, "80 54 00 00 02 3000"), 0x6A80);
    put_hex(OBJECT_FILE, 0xCD01, "00");
    ck_assert_uint_eq(card_fixture_status(&f, "80 54 00 00 02 3000"), 0x6982);
}
END_TEST

/* --- The device's own key --- */

static void lose_device_key(void)
{
    ck_assert_uint_eq(card_fixture_status(&f, "00 22 41 A4 0C 800A04007F00070202030202"), 0x9000);
    ck_assert_int_eq(store_begin(f.store), 0);
    ck_assert_int_eq(store_delete(f.store, OBJECT_KEY_MATERIAL, DEVICE_KEY), 0);
    ck_assert_int_eq(store_commit(f.store, false), 0);
}

START_TEST(no_key_is_made_that_the_device_cannot_vouch_for)
{
    struct key key;
    lose_device_key();
    assert_broken(GENERATE_P256);
    ck_assert_int_eq(key_load(f.store, 2, &key), STORE_ABSENT);
}
END_TEST

START_TEST(no_channel_is_opened_without_the_device_key)
{
    lose_device_key();
    assert_broken(
        "00 86 00 00 45 7C43 8041 04"
        "8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262"
        "547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997 00");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stored forms");
    TCase *all = tcase_create("stored forms");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, keys_of_known_forms_are_told);
    tcase_add_loop_test(all, keys_of_other_forms_are_a_fault, 0, (int)COUNT_OF(unknown_keys));
    tcase_add_test(all, domains_of_known_forms_are_told);
    tcase_add_loop_test(all, domains_of_other_forms_are_a_fault, 0, 2);
    tcase_add_test(all, options_of_other_forms_are_a_fault);
    tcase_add_test(all, wrong_pin_logs_out_even_where_the_rule_cannot_be_read);
    tcase_add_test(all, files_of_other_classes_keep_no_custodian_out);
    tcase_add_test(all, no_key_is_made_that_the_device_cannot_vouch_for);
    tcase_add_test(all, no_channel_is_opened_without_the_device_key);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
