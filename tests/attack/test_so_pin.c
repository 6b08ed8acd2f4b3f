/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the SO-PIN: he may give out a new PIN and initialise, and gains neither the user's keys
 * nor his files by what fails on the way. */
#include "base/failure.h"
#include "base/secret.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

#define SIGN               "80 68 02 70 20 " HASH " 00"
#define READ_CONFIDENTIAL  "00 B1 CD 01 00 00 04 54 02 00 00 00 00"
#define WRITE_CONFIDENTIAL "00 D7 CD 01 0A 54 02 00 00 53 04 01 02 03 04"
#define MANY               200

static struct card_fixture f;

/* --- A call that fails: chance, or pages for a secret --- */

static struct {
    bool chance; /* which of both */
    unsigned countdown;
    bool lasting, met;
} failing;

static bool is_due(bool chance)
{
    if (failing.chance != chance || !failing.countdown)
        return false;
    if (failing.countdown > 1) {
        failing.countdown--;
        return false;
    }
    failing.met = true;
    failing.countdown = failing.lasting;
    return true;
}

static int (*real_random)(void *context, uint8_t *out, size_t size);

static int random_that_may_fail(void *context, uint8_t *out, size_t size)
{
    return is_due(true) ? failure(FAULT_LIBRARY, "chance") : real_random(context, out, size);
}

int __real_secret_init(struct secret *s, size_t size);
int __wrap_secret_init(struct secret *s, size_t size);
int __wrap_secret_init(struct secret *s, size_t size)
{
    return is_due(false) ? failure(FAULT_MEMORY, "a secret") : __real_secret_init(s, size);
}

static uint16_t status(const char *command)
{
    return card_fixture_status(&f, command);
}

/* A device with a key and a confidential file, and nobody logged in. */
static void set_up(bool bound)
{
    card_fixture_init(&f);
    real_random = f.env.random;
    f.env.random = random_that_may_fail;
    f.env.pin_bound = bound;
    card_fixture_initialise(&f);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(status(GENERATE_P256), 0x9000);
    ck_assert_uint_eq(status(WRITE_CONFIDENTIAL), 0x9000);
    card_reset(f.card);
}

static void assert_nothing_gained(void)
{
    ck_assert_uint_eq(status(SIGN), 0x6982);
    ck_assert_uint_eq(status(READ_CONFIDENTIAL), 0x6982);
    ck_assert_uint_eq(status(WRITE_CONFIDENTIAL), 0x6982);
    ck_assert_uint_eq(status(VERIFY_USER_QUERY), 0x63C3);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000); /* the user has lost nothing */
    ck_assert_uint_eq(status(SIGN), 0x9000);
    ck_assert_uint_eq(status(READ_CONFIDENTIAL), 0x6282);
}

/* The nth call fails, for all n until INITIALIZE succeeds. */
START_TEST(initialize_that_fails_logs_nobody_in)
{
    bool bound = _i & 1, chance = _i & 2, lasting = _i & 4;
    unsigned failed = 0;
    for (unsigned nth = 1; nth < MANY; nth++) {
        set_up(bound);
        failing.chance = chance;
        failing.lasting = lasting;
        failing.met = false;
        failing.countdown = nth;
        uint16_t answered = status(INITIALIZE);
        failing.countdown = 0;
        failed += answered != 0x9000;
        if (answered != 0x9000)
            assert_nothing_gained();
        card_fixture_deinit(&f);
        if (!failing.met)
            break;
    }
    ck_assert(!failing.met);
    ck_assert(failed || (!bound && !chance)); /* pages are for the binding key */
}
END_TEST

/* A new PIN is told in the log, keeps the SO outside until it is used, and ends no session of his
 * own making. */
START_TEST(new_pin_logs_nobody_in_and_is_recorded)
{
    set_up(false);
    ck_assert_uint_eq(status(VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(status("00 2C 00 81 0E 3537363231383830 313233343536"), 0x9000);
    ck_assert_uint_eq(card_fixture_last_record(&f).action, AUDIT_RETRY_COUNTER_RESET);
    ck_assert_uint_eq(status(SIGN), 0x6982);
    ck_assert_uint_eq(status(READ_CONFIDENTIAL), 0x6982);
    card_fixture_deinit(&f);
}
END_TEST

/* Where keys are bound to the PIN, a login of the SO is not enough to replace it. */
START_TEST(officer_session_does_not_replace_a_pin_that_keys_are_bound_to)
{
    set_up(true);
    ck_assert_uint_eq(status(VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(status("00 2C 02 81 06 313233343536"), 0x6985);
    assert_nothing_gained();
    card_fixture_deinit(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("SO-PIN");
    TCase *all = tcase_create("SO-PIN");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, initialize_that_fails_logs_nobody_in, 0, 8);
    tcase_add_test(all, new_pin_logs_nobody_in_and_is_recorded);
    tcase_add_test(all, officer_session_does_not_replace_a_pin_that_keys_are_bound_to);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
