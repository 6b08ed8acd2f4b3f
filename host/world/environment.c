/* SPDX-License-Identifier: Apache-2.0 */
#include "host/world/environment.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

/* What is kept; a `*` stands for any characters at the beginning or at the end of a name. */
static const char *const kept[] = {
    "PATH",         "TMPDIR", "TZ", "CREDENTIALS_DIRECTORY", /* the key or passphrase of a store */
    "MUTANT*", /* which check tests/mutate.py leaves out */
#ifdef WITH_SANITIZERS
    "*SAN_OPTIONS", /* a daemon built with sanitizers reads them itself */
#endif
};

static bool fits(const char *pattern, const char *name, size_t length)
{
    size_t fixed = strlen(pattern);
    if (pattern[0] == '*')
        return length >= fixed - 1 &&
               memcmp(pattern + 1, name + length - (fixed - 1), fixed - 1) == 0;
    if (pattern[fixed - 1] == '*')
        return length >= fixed - 1 && memcmp(pattern, name, fixed - 1) == 0;
    return length == fixed && memcmp(pattern, name, fixed) == 0;
}

static bool is_kept(const char *variable)
{
    size_t length = strcspn(variable, "=");
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (fits(kept[i], variable, length))
            return true;
    return false;
}

void environment_clean(void)
{
    char **to = environ;
    for (char **from = environ; from && *from; from++)
        if (is_kept(*from))
            *to++ = *from;
    if (to)
        *to = NULL;
}
