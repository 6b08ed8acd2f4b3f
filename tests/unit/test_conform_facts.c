/* SPDX-License-Identifier: Apache-2.0 */
/* host/tool/conform_facts: which way a card goes where hardware was seen to answer. */
#include <string.h>

#include "host/tool/conform/conform_facts.h"
#include "tests/support/suite.h"

const struct hardware_fact hardware_facts[] = { { "2", "4.1", "this", "REG" },
                                                { "25", "1.2", "that", "OKX" },
                                                { "5", "3.6", "more", "#1" },
                                                { 0 } };

static json_t *facts;

static void set_up(void)
{
    facts = conform_facts();
    ck_assert(facts);
}

static void tear_down(void)
{
    json_decref(facts);
}

static void note(const char *numbers, bool as_seen)
{
    conform_facts_note(facts, &(struct transcript_case){ .facts = span_of_text(numbers) }, as_seen);
}

static const char *way(size_t row)
{
    return json_string_value(json_object_get(json_array_get(facts, row), "way"));
}

START_TEST(nothing_is_asked_at_first)
{
    ck_assert_uint_eq(conform_facts_count(facts, "not asked"), 3);
    note("", true);
    note("7", false); /* open or declined: none of the table */
    ck_assert_uint_eq(conform_facts_count(facts, "not asked"), 3);
}
END_TEST

START_TEST(a_case_speaks_of_the_facts_it_names)
{
    note("25  5", true);
    ck_assert_str_eq(way(0), "not asked");
    ck_assert_str_eq(way(1), "as seen");
    ck_assert_str_eq(way(2), "as seen");
    ck_assert_uint_eq(conform_facts_count(facts, "as seen"), 2);
}
END_TEST

START_TEST(once_otherwise_stays_otherwise)
{
    note("2", true);
    note("2", false);
    note("2", true);
    ck_assert_str_eq(way(0), "otherwise");
    ck_assert_uint_eq(conform_facts_count(facts, "otherwise"), 1);
}
END_TEST

START_TEST(a_difference_shows_rows)
{
    const struct transcript_case at = { .facts = span_of_text("2 25") };
    json_t *rows = conform_facts_of(facts, &at);
    ck_assert_uint_eq(json_array_size(rows), 2);
    ck_assert(json_equal(json_array_get(rows, 1), json_array_get(facts, 1)));
    json_decref(rows);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("conform_facts", set_up, tear_down, nothing_is_asked_at_first,
                          a_case_speaks_of_the_facts_it_names, once_otherwise_stays_otherwise,
                          a_difference_shows_rows);
}
