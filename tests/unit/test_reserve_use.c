/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the space that is kept for a full medium (docs/STORAGE.md): what spent a try, a login
 * or a session may be ended, whatever was asked for; nothing else gets at it, and refusals that
 * cost nothing do not use it up. */
#include <string.h>

#include "storage/store.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

#define SIGN         "80 68 02 70 20 " HASH " 00"
#define VERIFY_WRONG "00 20 00 81 06 313131313131"
#define RESET_RIGHT  "00 2C 00 81 0E 3537363231383830 363438323139"
#define RESET_WRONG  "00 2C 00 81 0E 3131313131313131 363438323139"

static struct card_fixture f;

/* --- What the commands ask for --- */

static char asked[16]; /* one letter a call: E to its end, R with room left */
static size_t asked_count;

void __real_store_use_reserve(struct store *s, bool to_its_end);
void __wrap_store_use_reserve(struct store *s, bool to_its_end);
void __wrap_store_use_reserve(struct store *s, bool to_its_end)
{
    if (asked_count < sizeof asked - 1)
        asked[asked_count++] = to_its_end ? 'E' : 'R';
    asked[asked_count] = 0;
    __real_store_use_reserve(s, to_its_end);
}

static void check(const char *command, uint16_t sw, const char *expected)
{
    asked_count = 0;
    asked[0] = 0;
    ck_assert_uint_eq(card_fixture_status(&f, command), sw);
    ck_assert_msg(strcmp(asked, expected) == 0, "%s asked for %s, not %s", command, asked,
                  expected);
}

static void set_up(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
}

START_TEST(login_leaves_room_to_be_ended)
{
    check(VERIFY_USER, 0x9000, "RE");
    check(VERIFY_WRONG, 0x63C2, "RE");
}
END_TEST

START_TEST(work_has_none_of_it)
{
    check(VERIFY_USER, 0x9000, "RE");
    check(GENERATE_P256, 0x9000, "");
    check(SIGN, 0x9000, "");
}
END_TEST

START_TEST(refusals_that_cost_nothing_have_none_of_it)
{
    check(SIGN, 0x6982, "");
    check("00 82 00 00 08 0000000000000000", 0x6985, ""); /* EXTERNAL AUTHENTICATE */
    check("00 86 00 00 02 7C00 00", 0x6A80, "");          /* GENERAL AUTHENTICATE */
}
END_TEST

/* The try is spent in ordinary space; that it was is recorded in any. */
START_TEST(wrong_so_pin_is_recorded_a_right_one_waits_for_space)
{
    check(RESET_WRONG, 0x63CE, "E");
    check(RESET_RIGHT, 0x9000, "");
}
END_TEST

/* The log is read to make space, so reading it is worth some. */
START_TEST(reading_the_log_leaves_room)
{
    check(VERIFY_USER, 0x9000, "RE");
    check("00 B1 D0 00 04 54020000 00", 0x9000, "R");
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("use of the reserve", set_up, tear_down, login_leaves_room_to_be_ended,
                          work_has_none_of_it, refusals_that_cost_nothing_have_none_of_it,
                          wrong_so_pin_is_recorded_a_right_one_waits_for_space,
                          reading_the_log_leaves_room);
}
