/* Private to crypto/: RSAES-PKCS1-v1_5 (RFC 8017 7.2.2) with implicit rejection, as
 * draft-irtf-cfrg-rsa-guidance describes it and OpenSSL 3.2 does it: a block that is not padded as
 * it should be deciphers to a message all the same, one that depends on key and cipher text only.
 * Nobody can tell by result, length or time; so there is nothing to ask a card about. */
#pragma once

#include "crypto/ossl.h"

/* What the messages of the key's bad blocks are drawn from: SHA-256 over d = e^-1 mod
 * lcm(p - 1, q - 1), as long as the modulus (k bytes). Not over the d of the material: two copies
 * of a key, of which one came in with another of the possible d, shall agree. The seed is secret.
 */
MUST_CHECK int rejection_seed(const EVP_PKEY *key, size_t k, uint8_t out[SHA256_SIZE]);

/* Appends the message in block, or the one that stands for a bad block. cipher: what the block was
 * deciphered from. Both are as long as the modulus. Faults: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int rejection_unpad(const uint8_t seed[SHA256_SIZE], struct span cipher,
                               struct span block, struct writer *out);
