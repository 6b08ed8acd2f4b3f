/* SPDX-License-Identifier: Apache-2.0 */
/* What every check program ends in: runs the suite, gives the exit status. */
#pragma once

#include <check.h>
#include <stdlib.h>

#include "base/scope.h"

/* A file's tests, in a table, with a name: `return RUN_TESTS("bytes", first_test, second_test);` is
 * the body of main. The second form runs set_up and tear_down around each test. */
#define RUN_TESTS(name, ...) RUN_TESTS_WITH((name), NULL, NULL, __VA_ARGS__)
#define RUN_TESTS_WITH(name, set_up, tear_down, ...)                                               \
    run_tests((name), (set_up), (tear_down), (const TTest *const[]){ __VA_ARGS__ },                \
              sizeof((const TTest *const[]){ __VA_ARGS__ }) / sizeof(const TTest *))

/* Runs a suite that main has put together itself, for tests that walk a table (loop tests). */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int run_tests(const char *name, SFun set_up, SFun tear_down,
                            const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, 60);
    if (set_up)
        tcase_add_checked_fixture(all, set_up, tear_down);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
