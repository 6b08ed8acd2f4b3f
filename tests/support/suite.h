/* What every check program ends in: runs the suite, gives the exit status. */
#pragma once

#include <check.h>
#include <stdlib.h>

#include "base/scope.h"

/* A file's tests, in a table, with a name: `RUN_TESTS("bytes", first_test, second_test)` is main's body. */
#define RUN_TESTS(name, ...)                                                                       \
    run_tests((name), (const TTest *const[]){ __VA_ARGS__ },                                       \
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

static inline int run_tests(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
