/* SPDX-License-Identifier: Apache-2.0 */
/* PINs where transcripts would not show it: tries, records and commits when a PIN is changed or its
 * counter reset. */
#include "base/failure.h"
#include "storage/audit.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

#define CHANGE_USER       "00 24 00 81 0C 36 34 38 32 31 39 31 32 33 34 35 36"
#define CHANGE_USER_WRONG "00 24 00 81 0C 31 31 31 31 31 31 31 32 33 34 35 36"
#define CHANGE_OFFICER    "00 24 00 88 10 35 37 36 32 31 38 38 30 30 30 30 30 30 30 30 30"
#define RESET_PIN_RIGHT   "00 2C 00 81 0E 35 37 36 32 31 38 38 30 31 32 33 34 35 36"
#define RESET_PIN_WRONG   "00 2C 00 81 0E 31 31 31 31 31 31 31 31 31 32 33 34 35 36"
#define RESET_RIGHT       "00 2C 01 81 08 35 37 36 32 31 38 38 30"
#define RESET_WRONG       "00 2C 01 81 08 31 31 31 31 31 31 31 31"
#define WRONG_USER        "00 20 00 81 06 31 31 31 31 31 31"
#define WRONG_OFFICER     "00 20 00 88 08 31 31 31 31 31 31 31 31"
#define QUERY_USER        "00 20 00 81"
#define QUERY_OFFICER     "00 20 00 88"

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

static uint16_t status(const char *command)
{
    return card_fixture_status(&f, command);
}

static struct audit_record last_record(void)
{
    return card_fixture_last_record(&f);
}

START_TEST(every_outcome_is_one_record_that_names_who_and_no_digest)
{
    static const struct {
        const char *command;
        uint16_t sw;
        enum audit_action action;
        enum audit_role role;
    } cases[] = {
        { CHANGE_USER_WRONG, 0x63C2, AUDIT_PIN_CHANGED, AUDIT_NOBODY },
        { CHANGE_USER, 0x9000, AUDIT_PIN_CHANGED, AUDIT_USER },
        { RESET_PIN_WRONG, 0x63CE, AUDIT_RETRY_COUNTER_RESET, AUDIT_NOBODY },
        { RESET_PIN_RIGHT, 0x9000, AUDIT_RETRY_COUNTER_RESET, AUDIT_OFFICER },
        { RESET_WRONG, 0x63CE, AUDIT_RETRY_COUNTER_RESET, AUDIT_NOBODY },
        { RESET_RIGHT, 0x9000, AUDIT_RETRY_COUNTER_RESET, AUDIT_OFFICER },
        { CHANGE_OFFICER, 0x9000, AUDIT_PIN_CHANGED, AUDIT_OFFICER },
        { CHANGE_OFFICER, 0x63CE, AUDIT_PIN_CHANGED, AUDIT_NOBODY },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t before = audit_head(f.store).size;
        ck_assert_uint_eq(status(cases[i].command), cases[i].sw);
        struct audit_record record = last_record();
        ck_assert_uint_eq(record.seq, before + 1);
        ck_assert_uint_eq(record.action, cases[i].action);
        ck_assert_uint_eq(record.sw, cases[i].sw);
        ck_assert_uint_eq(record.role, cases[i].role);
        ck_assert(span_is_zero(SPAN_OF(record.digest)));
    }
}
END_TEST

/* The registry only grows: readers of old logs rely on the numbers. */
START_TEST(actions_have_their_numbers)
{
    ck_assert_int_eq(AUDIT_PIN_CHANGED, 12);
    ck_assert_int_eq(AUDIT_RETRY_COUNTER_RESET, 13);
    ck_assert_int_eq(audit_traits_of(12)->durability, AUDIT_SECURITY);
    ck_assert_int_eq(audit_traits_of(13)->durability, AUDIT_SECURITY);
}
END_TEST

START_TEST(try_is_spent_in_a_commit_of_its_own)
{
    static const char *const commands[] = { CHANGE_USER_WRONG, CHANGE_USER, RESET_PIN_WRONG,
                                            RESET_PIN_RIGHT,   RESET_WRONG, RESET_RIGHT,
                                            CHANGE_OFFICER };
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        uint64_t before = store_facts(f.store).generation;
        status(commands[i]);
        ck_assert_msg(store_facts(f.store).generation == before + 2, "%s", commands[i]);
    }
}
END_TEST

static int no_random(void *context, uint8_t *out, size_t size)
{
    (void)context, (void)out, (void)size;
    return FAULT_LIBRARY;
}

/* Neither salt nor record can be made: the old PIN and the login stay, the try is lost. */
START_TEST(no_record_no_change)
{
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
    struct env working = f.env;
    f.env.random = no_random;
    ck_assert_uint_eq(status(CHANGE_USER), 0x6F00);
    ck_assert_uint_eq(status(RESET_RIGHT), 0x6F00);
    f.env = working;
    ck_assert_uint_eq(status(QUERY_USER), 0x9000);
    card_reset(f.card);
    ck_assert_uint_eq(status(QUERY_USER), 0x63C2);
    ck_assert_uint_eq(status(QUERY_OFFICER), 0x63CE);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
}
END_TEST

START_TEST(right_pin_costs_no_try_when_the_change_fails)
{
    uint64_t before = audit_head(f.store).size;
    ck_assert_uint_eq(status("00 24 00 81 17 36 34 38 32 31 39 30 31 32 33 34 35 36 37 38 39 30 31 "
                             "32 33 34 35 36"),
                      0x6A80);
    ck_assert_uint_eq(audit_head(f.store).size, before + 1);
    ck_assert_uint_eq(status(QUERY_USER), 0x63C3);
    ck_assert_uint_eq(status(VERIFY_USER), 0x9000);
}
END_TEST

/* All fifteen tries of the SO-PIN, by whichever command. */
START_TEST(blocked_officer_resets_nothing)
{
    for (unsigned left = 14; left; left--)
        ck_assert_uint_eq(status(left % 2 ? RESET_WRONG : RESET_PIN_WRONG), 0x63C0 | left);
    ck_assert_uint_eq(status(RESET_PIN_WRONG), 0x6983);
    ck_assert_uint_eq(status(RESET_RIGHT), 0x6983);
    ck_assert_uint_eq(status(RESET_PIN_RIGHT), 0x6983);
    ck_assert_uint_eq(status(CHANGE_OFFICER), 0x6983);
    ck_assert_uint_eq(status(QUERY_USER), 0x63C3);
}
END_TEST

/* Whatever command it stands in, the wrong PIN that spends the last try hears so at once. */
START_TEST(last_try_is_told_as_blocked)
{
    static const struct {
        const char *query, *verify, *wrong;
    } ways[] = {
        { QUERY_USER, WRONG_USER, WRONG_USER },
        { QUERY_USER, WRONG_USER, CHANGE_USER_WRONG },
        { QUERY_OFFICER, WRONG_OFFICER, WRONG_OFFICER },
        { QUERY_OFFICER, WRONG_OFFICER, "00 24 00 88 10 3131313131313131 3131313131313131" },
        { QUERY_OFFICER, WRONG_OFFICER, RESET_WRONG },
        { QUERY_OFFICER, WRONG_OFFICER, RESET_PIN_WRONG },
        { QUERY_OFFICER, WRONG_OFFICER,
          "80 50 00 00 19 80 02 00 01 81 06 363438323139 82 08 3131313131313131 91 01 03" },
    };
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        tear_down();
        set_up();
        for (unsigned left = status(ways[i].query) & 0xF; left > 1; left--)
            ck_assert_uint_eq(status(ways[i].verify), 0x63C0 | (left - 1));
        ck_assert_uint_eq(status(ways[i].query), 0x63C1);
        ck_assert_uint_eq(status(ways[i].wrong), 0x6983);
        ck_assert_uint_eq(status(ways[i].query), 0x6983);
        ck_assert_uint_eq(status(ways[i].wrong), 0x6983);
    }
}
END_TEST

/* Tries after success are a property of the device, not of one PIN. */
START_TEST(changed_and_reset_pins_have_as_many_tries)
{
    ck_assert_uint_eq(status("80 50 00 00 19 80 02 00 01 81 06 36 34 38 32 31 39 82 08 35 37 36 32 "
                             "31 38 38 30 91 01 07"),
                      0x9000);
    card_reset(f.card);
    ck_assert_uint_eq(status(CHANGE_USER), 0x9000);
    ck_assert_uint_eq(status(QUERY_USER), 0x63C7);
    ck_assert_uint_eq(status(VERIFY_USER), 0x63C6);
    ck_assert_uint_eq(status(RESET_PIN_RIGHT), 0x9000);
    ck_assert_uint_eq(status(QUERY_USER), 0x63C7);
    ck_assert_uint_eq(status(CHANGE_OFFICER), 0x9000);
    ck_assert_uint_eq(status(QUERY_OFFICER), 0x63CF);
}
END_TEST

/* It was sent to its owner: he makes it another, or nobody knows who has it. */
START_TEST(transport_pin_is_not_changed_to_itself)
{
    ck_assert_uint_eq(
        status("80 50 00 00 19 80020003 8106363438323139 82083537363231383830 910103"), 0x9000);
    ck_assert_uint_eq(status("00 24 00 81 0C 363438323139 363438323139"), 0x6A80);
    ck_assert_uint_eq(status(VERIFY_USER), 0x6984); /* it is one still */
    ck_assert_uint_eq(status("00 24 00 81 0C 363438323139 313233343536"), 0x9000);
    ck_assert_uint_eq(status("00 20 00 81 06 313233343536"), 0x9000);
    ck_assert_uint_eq(status("00 24 00 81 0C 313233343536 313233343536"), 0x9000); /* now it may */
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "card pins", set_up, tear_down, every_outcome_is_one_record_that_names_who_and_no_digest,
        actions_have_their_numbers, try_is_spent_in_a_commit_of_its_own, no_record_no_change,
        right_pin_costs_no_try_when_the_change_fails, blocked_officer_resets_nothing,
        last_try_is_told_as_blocked, changed_and_reset_pins_have_as_many_tries,
        transport_pin_is_not_changed_to_itself);
}
