/* SPDX-License-Identifier: Apache-2.0 */
/* Digests as vectors name them. */
#include "tests/support/digest_names.h"

#include <string.h>

static const char *const names[] = {
    [DIGEST_NONE] = "",          [DIGEST_SHA1] = "SHA-1",     [DIGEST_SHA224] = "SHA-224",
    [DIGEST_SHA256] = "SHA-256", [DIGEST_SHA384] = "SHA-384", [DIGEST_SHA512] = "SHA-512",
};

enum digest digest_named(const char *name)
{
    for (enum digest digest = DIGEST_SHA1; digest < COUNT_OF(names); digest++)
        if (strcmp(names[digest], name) == 0)
            return digest;
    return DIGEST_NONE;
}
