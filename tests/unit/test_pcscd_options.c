/* SPDX-License-Identifier: Apache-2.0 */
/* host/world/pcscd_options: the help of pcscd 1.9.9 and 2.3.3 (their lines), and of others that are
 * odd. */
#include "host/world/pcscd_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"

/* What the program is that prints the help, in the language of sh(1). */
static bool has_option(const char *prints)
{
    char path[] = "/tmp/pcscd.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\n[ \"$*\" = --help ] || exit\n%s\n", prints);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0700), 0);
    bool has = pcscd_has_option(path, "--disable-polkit");
    unlink(path);
    return has;
}

START_TEST(option_is_had_when_the_help_names_it)
{
    static const struct {
        const char *prints;
        bool has;
    } cases[] = {
        { "printf '  --disable-polkit\\tdisable polkit support\\n'", true },
        { "printf '  -x, --auto-exit\\tpcscd will quit\\n'", false },
        { "printf '  --disable-polkit\\n' >&2", true },
        { "printf '  --disable-polkit-log\\n'", false },
        { "printf '  --disable-polkit-log\\n  -p, --disable-polkit\\n'", true },
        { "printf '  --disable-polkit\\n'; exit 1", true },
        { "", false },
        { "kill $$", false },
        { "printf '  --disable-polkit\\n'; yes | head -c 1000000", true },
        { "yes | head -c 1000000", false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(has_option(cases[i].prints) == cases[i].has, "%s", cases[i].prints);
}
END_TEST

START_TEST(program_that_is_not_there_has_no_options)
{
    ck_assert(!pcscd_has_option("/nonexistent/pcscd", "--disable-polkit"));
}
END_TEST

int main(void)
{
    return RUN_TESTS("pcscd options", option_is_had_when_the_help_names_it,
                     program_that_is_not_there_has_no_options);
}
