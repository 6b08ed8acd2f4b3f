/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

struct row {
    const char *library;
    size_t size;
};

static const struct row digests[] = {
    [DIGEST_SHA1] = { "SHA1", 20 },
    [DIGEST_SHA224] = { "SHA2-224", 28 },
    [DIGEST_SHA256] = { "SHA2-256", SHA256_SIZE },
    [DIGEST_SHA384] = { "SHA2-384", 48 },
    [DIGEST_SHA512] = { "SHA2-512", DIGEST_MAX },
};

const char *digest_library_name(enum digest digest)
{
    return digest < COUNT_OF(digests) ? digests[digest].library : NULL;
}

size_t digest_size(enum digest digest)
{
    return digest < COUNT_OF(digests) ? digests[digest].size : 0;
}
