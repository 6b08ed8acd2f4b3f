/* Digests, message authentication and random bytes that both sides of the reader need. OpenSSL's
 * part of them; libsodium's keyed BLAKE2b belongs to storage/. */
#pragma once

#include "base/bytes.h"

enum digest {
    DIGEST_NONE, /* the input is used as it comes */
    DIGEST_SHA1,
    DIGEST_SHA224,
    DIGEST_SHA256,
    DIGEST_SHA384,
    DIGEST_SHA512,
};

#define SHA256_SIZE 32
#define DIGEST_MAX  64

size_t digest_size(enum digest digest);
/* Hashes the parts one after the other. Fault: FAULT_LIBRARY. Does not take DIGEST_NONE. */
MUST_CHECK int digest_of(enum digest digest, const struct span *parts, size_t count, uint8_t *out);
/* SHA-256 of one span, the case that is everywhere. */
MUST_CHECK int sha256_of(struct span bytes, uint8_t out[SHA256_SIZE]);

/* Fills from the library's generator. Fault: FAULT_LIBRARY. */
MUST_CHECK int random_bytes(uint8_t *out, size_t size);
