/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/known_answers: they come out, and each of them can fail. */
#include "base/failure.h"
#include "crypto/known_answers.h"
#include "tests/support/suite.h"

#include <string.h>

START_TEST(self_test_passes)
{
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_msg(crypto_self_test() == 0, "%s", failure_last()->cause);
}
END_TEST

/* Flips the lowest bit of a hexadecimal text's last byte. */
static void spoil(char *hex)
{
    char *last = hex + strlen(hex) - 1;
    *last = *last % 2 ? '0' : '1';
}

static void assert_fails(const struct known_answer *row)
{
    failure_clear();
    ck_assert_msg(known_answers_run(row, 1) == FAULT_BROKEN, "%s cannot fail", row->name);
    ck_assert_int_eq(failure_last()->kind, FAULT_BROKEN);
    ck_assert_ptr_nonnull(strstr(failure_last()->cause, row->name));
}

START_TEST(a_spoilt_answer_is_found)
{
    char text[4096];
    ck_assert_int_eq(crypto_init(), 0);
    struct known_answer row = *known_answer_at((size_t)_i);
    strcpy(text, row.expected);
    spoil(text);
    row.expected = text;
    assert_fails(&row);
}
END_TEST

START_TEST(a_spoilt_input_is_found)
{
    char text[4096];
    ck_assert_int_eq(crypto_init(), 0);
    struct known_answer row = *known_answer_at((size_t)_i);
    strcpy(text, row.input);
    spoil(text);
    row.input = text;
    assert_fails(&row);
}
END_TEST

START_TEST(the_first_wrong_row_is_named)
{
    ck_assert_int_eq(crypto_init(), 0);
    struct known_answer rows[] = { *known_answer_at(0), *known_answer_at(1) };
    rows[1].expected = rows[0].expected;
    ck_assert_int_eq(known_answers_run(rows, 2), FAULT_BROKEN);
    ck_assert_ptr_nonnull(strstr(failure_last()->cause, rows[1].name));
}
END_TEST

START_TEST(every_kind_of_key_has_an_answer)
{
    const struct key_kind *kind = key_kind_at((size_t)_i);
    for (size_t i = 0; i < known_answer_count(); i++)
        if (known_answer_at(i)->key && known_answer_at(i)->key->type == kind->type)
            return;
    ck_abort_msg("no row of known_answers.c has a key of the kind %s", kind->name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("known_answers");
    TCase *all = tcase_create("known_answers");
    int count = (int)known_answer_count();
    tcase_add_test(all, self_test_passes);
    tcase_add_loop_test(all, a_spoilt_answer_is_found, 0, count);
    tcase_add_loop_test(all, a_spoilt_input_is_found, 0, count);
    tcase_add_test(all, the_first_wrong_row_is_named);
    tcase_add_loop_test(all, every_kind_of_key_has_an_answer, 0, (int)key_kind_count());
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
