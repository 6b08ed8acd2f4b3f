/* SPDX-License-Identifier: Apache-2.0 */
/* card-os/binding: keys bound to the PIN are there while it is verified, follow its changes, and
 * are in nothing that is stored. */
#include "card-os/binding.h"

#include <string.h>

#include "card-os/key_record.h"
#include "card-os/keys.h"
#include "storage/internal.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

#define SIGN         "80 68 02 73 04 61626364 00"
#define VERIFY_WRONG "00 20 00 81 06 363438323138"
#define CHANGE_USER  "00 24 00 81 0C 363438323139 313233343536"
#define VERIFY_NEW   "00 20 00 81 06 313233343536"
#define RESET_PIN    "00 2C 00 81 0E 3537363231383830 393837363534"
#define VERIFY_RESET "00 20 00 81 06 393837363534"

static struct card_fixture f;

static uint16_t status(const char *command)
{
    return card_fixture_status(&f, command);
}

static void set_up(void)
{
    card_fixture_init(&f);
    f.env.pin_bound = true;
    card_fixture_initialise(&f);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(status(GENERATE_P256), 0x9000);
    ck_assert_uint_eq(status(SIGN), 0x9000);
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
}

static bool is_bound(void)
{
    return f.card->secrets[HELD_BINDING].at;
}

static bool is_live(void)
{
    for (size_t i = 0; i < LIVE_KEYS; i++)
        if (f.card->live.slots[i].live)
            return true;
    return false;
}

/* --- While the PIN is verified, and no longer --- */

START_TEST(reset_wipes_binding_and_live_keys)
{
    ck_assert(is_bound() && is_live());
    card_reset(f.card);
    ck_assert(!is_bound() && !is_live());
    ck_assert_uint_eq(status(SIGN), 0x6982);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(status(SIGN), 0x9000);
}
END_TEST

START_TEST(wrong_pin_wipes_them_too)
{
    ck_assert_uint_eq(status(VERIFY_WRONG), 0x63C2);
    ck_assert(!is_bound() && !is_live());
    ck_assert_uint_eq(status(SIGN), 0x6982);
}
END_TEST

START_TEST(power_cycle_keeps_the_keys_for_the_pin)
{
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(status(SIGN), 0x9000);
}
END_TEST

START_TEST(binding_follows_a_changed_pin)
{
    ck_assert_uint_eq(status(CHANGE_USER), 0x9000);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(status(VERIFY_USER), 0x63C2);
    ck_assert_uint_eq(status(VERIFY_NEW), 0x9000);
    ck_assert_uint_eq(status(SIGN), 0x9000);
}
END_TEST

START_TEST(so_pin_carries_binding_to_a_new_pin)
{
    ck_assert_uint_eq(status(RESET_PIN), 0x9000);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(status(VERIFY_RESET), 0x9000);
    ck_assert_uint_eq(status(SIGN), 0x9000);
}
END_TEST

/* The setting counts at INITIALIZE only, either way. */
START_TEST(device_stays_what_it_was_initialised_as)
{
    f.env.pin_bound = false;
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert(is_bound());
    ck_assert_uint_eq(status(SIGN), 0x9000);
    card_fixture_initialise(&f);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert(!is_bound());
}
END_TEST

/* The SO who has logged in has given the SO-PIN, but the card does not keep it. */
START_TEST(login_of_the_so_resets_no_pin)
{
    ck_assert_uint_eq(status(VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(status("00 2C 02 81 06 393837363534"), 0x6985);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
}
END_TEST

/* Nobody could use a key of such a device: custodians do not know its binding. */
START_TEST(custodians_cannot_stand_in_for_the_pin)
{
    static const char custodians_alone[] =
        "80 50 00 00 15 80020001 82083537363231383830 910103 93020302";
    ck_assert_uint_eq(status(custodians_alone), 0x6A80);
    ck_assert_uint_eq(status(SIGN), 0x9000);
    f.env.pin_bound = false;
    ck_assert_uint_eq(status(custodians_alone), 0x9000);
}
END_TEST

/* --- What is stored --- */

/* What somebody looks for who has the store open, but no PIN. */
static struct {
    uint8_t bytes[2][64];
    struct writer secret[2];
    unsigned objects, found;
} search;

static int look(struct store *s, const struct plain_object *object)
{
    (void)s;
    search.objects++;
    for (size_t i = 0; i < COUNT_OF(search.secret); i++)
        search.found += memmem(object->bytes.at, object->bytes.size, search.secret[i].at,
                               search.secret[i].size) != NULL;
    return 0;
}

/* The private number: the first counted value of an EC key's material (crypto/kind_ec.c). */
static void note_private_number(struct writer *out)
{
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);
    struct key key;
    ck_assert_int_eq(key_load(f.store, 2, &key), 0);
    const struct call call = { .card = f.card, .record.action = AUDIT_KEY_EXPORTED };
    ck_assert_int_eq(key_export(&call, &key, &material), 0);
    struct reader in = reader_of(written(&material));
    write_span(out, read_counted(&in));
    ck_assert_uint_eq(out->size, 32);
}

static void search_store(void)
{
    search.objects = search.found = 0;
    ck_assert_int_eq(store_each(f.store, look), 0);
    ck_assert_uint_gt(search.objects, 5);
}

START_TEST(open_store_without_the_pin_has_neither_key_nor_binding)
{
    for (size_t i = 0; i < COUNT_OF(search.secret); i++)
        search.secret[i] = WRITER_OF(search.bytes[i]);
    note_private_number(&search.secret[0]);
    write_span(&search.secret[1], secret_span(&f.card->secrets[HELD_BINDING]));
    search_store();
    ck_assert_uint_eq(search.found, 0);

    /* the same search finds the key of a device that is not bound */
    f.env.pin_bound = false;
    card_fixture_initialise(&f);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(status(GENERATE_P256), 0x9000);
    write_trim(&search.secret[0], 0);
    note_private_number(&search.secret[0]);
    search_store();
    ck_assert_uint_eq(search.found, 1);
}
END_TEST

/* The quick verifier of other devices, which would give six digits away in a second, is not there.
 */
START_TEST(verifier_is_none_of_the_quick_ones)
{
    uint8_t stored_bytes[200], quick[PIN_VERIFIER_SIZE];
    struct writer stored = WRITER_OF(stored_bytes);
    ck_assert_int_eq(store_get(f.store, OBJECT_PIN, 0x81, &stored), 0);
    struct span salt = span_part(written(&stored), 4, PIN_SALT_SIZE);
    ck_assert_int_eq(store_pin_verifier(f.store, 0x81, salt.at, span_of_text("648219"), quick), 0);
    ck_assert_ptr_null(memmem(stored_bytes, stored.size, quick, sizeof quick));
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("card binding", set_up, tear_down, reset_wipes_binding_and_live_keys,
                          wrong_pin_wipes_them_too, power_cycle_keeps_the_keys_for_the_pin,
                          binding_follows_a_changed_pin, so_pin_carries_binding_to_a_new_pin,
                          device_stays_what_it_was_initialised_as, login_of_the_so_resets_no_pin,
                          custodians_cannot_stand_in_for_the_pin,
                          open_store_without_the_pin_has_neither_key_nor_binding,
                          verifier_is_none_of_the_quick_ones);
}
