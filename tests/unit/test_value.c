/* SPDX-License-Identifier: Apache-2.0 */
/* host/tool/cli/value: reading JSON that may lack anything. */
#include "host/tool/cli/exits.h"
#include "host/tool/cli/value.h"
#include "tests/support/suite.h"

static void release(json_t **value)
{
    json_decref(*value);
}

START_TEST(members_are_read)
{
    SCOPED(release)
    json_t *object =
        json_pack("{s:s,s:I,s:b}", "text", "a", "number", (json_int_t)1 << 40, "flag", 1);
    ck_assert_str_eq(value_text(object, "text", "?"), "a");
    ck_assert_int_eq(value_number(object, "number"), (int64_t)1 << 40);
    ck_assert(value_flag(object, "flag"));
    ck_assert(span_equal(value_span(json_object_get(object, "text")), span_of_text("a")));
}
END_TEST

START_TEST(what_is_missing_or_of_another_type_reads_as_nothing)
{
    SCOPED(release) json_t *object = json_pack("{s:[],s:{},s:n}", "list", "object", "null");
    const char *keys[] = { "list", "object", "null", "missing" };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        ck_assert_str_eq(value_text(object, keys[i], "?"), "?");
        ck_assert_ptr_null(value_text(object, keys[i], NULL));
        ck_assert_int_eq(value_number(object, keys[i]), 0);
        ck_assert(!value_flag(object, keys[i]));
        ck_assert_uint_eq(value_span(json_object_get(object, keys[i])).size, 0);
    }
    ck_assert_str_eq(value_text(NULL, "text", "?"), "?");
    ck_assert_int_eq(value_number(NULL, "number"), 0);
}
END_TEST

START_TEST(secrets_are_wiped_after_they_are_printed)
{
    json_t *secret = json_string("1234567890"), *list = json_pack("{s:[O]}", "parts", secret);
    ck_assert_int_eq(value_print_secret(list), TOOL_DONE);
    ck_assert(span_is_zero(value_span(secret)));
    json_decref(secret);
}
END_TEST

START_TEST(a_value_that_could_not_be_built_is_a_failure)
{
    ck_assert_int_eq(value_print(NULL), TOOL_FAILED);
    ck_assert_int_eq(value_print_secret(NULL), TOOL_FAILED);
}
END_TEST

int main(void)
{
    return RUN_TESTS("value", members_are_read, what_is_missing_or_of_another_type_reads_as_nothing,
                     secrets_are_wiped_after_they_are_printed,
                     a_value_that_could_not_be_built_is_a_failure);
}
