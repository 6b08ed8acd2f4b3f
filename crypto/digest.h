/* Digests and random bytes, for card and host, by OpenSSL. The keyed BLAKE2b of the store is
 * libsodium's and belongs to storage/. */
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
/* Hashes the concatenation of the parts. digest must not be DIGEST_NONE. Fault: FAULT_LIBRARY. */
MUST_CHECK int digest_of(enum digest digest, const struct span *parts, size_t count, uint8_t *out);
/* SHA-256 of one span. Fault: FAULT_LIBRARY. */
MUST_CHECK int sha256_of(struct span bytes, uint8_t out[SHA256_SIZE]);

/* Fills out with random bytes from OpenSSL's generator. Fault: FAULT_LIBRARY. */
MUST_CHECK int random_bytes(uint8_t *out, size_t size);
