/* SPDX-License-Identifier: Apache-2.0 */
/* The table of digests; hash.h computes them. */
#pragma once

#include "base/bytes.h"

enum digest {
    DIGEST_NONE, /* no digest: the input is used unchanged */
    DIGEST_SHA1,
    DIGEST_SHA224,
    DIGEST_SHA256,
    DIGEST_SHA384,
    DIGEST_SHA512,
};

#define SHA256_SIZE 32
#define DIGEST_MAX  64

size_t digest_size(enum digest digest);
/* OpenSSL's name of a digest; NULL for DIGEST_NONE and numbers beyond the last digest. */
const char *digest_library_name(enum digest digest);
