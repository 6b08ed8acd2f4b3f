/* SPDX-License-Identifier: Apache-2.0 */
/* Digests and random bytes, for card and host, by OpenSSL. The keyed BLAKE2b of the store is
 * libsodium's and belongs to storage/. */
#pragma once

#include "crypto/digest.h"

/* Hashes the concatenation of the parts. digest must not be DIGEST_NONE. Fault: FAULT_LIBRARY. */
MUST_CHECK int digest_of(enum digest digest, const struct span *parts, size_t count, uint8_t *out);
/* SHA-256 of one span. Fault: FAULT_LIBRARY. */
MUST_CHECK int sha256_of(struct span bytes, uint8_t out[SHA256_SIZE]);

/* Fills out with random bytes from OpenSSL's generator. Fault: FAULT_LIBRARY. */
MUST_CHECK int random_bytes(uint8_t *out, size_t size);
