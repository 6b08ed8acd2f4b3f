/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: RSAES-PKCS1-v1_5 decryption (RFC 8017 7.2.2) with implicit rejection, as
 * draft-irtf-cfrg-rsa-guidance describes it and OpenSSL 3.2 implements it. A block with wrong
 * padding also deciphers to a message, which depends on key and cipher text only. Neither result
 * nor length nor time tells whether the padding was right, so the card is of no use as a padding
 * oracle. */
#pragma once

#include "crypto/ossl_key.h"

/* Computes the seed from which the messages for badly padded blocks are drawn: SHA-256 over d =
 * e^-1 mod lcm(p - 1, q - 1), encoded in as many bytes as the modulus (k). The d of the material is
 * not used, since several values of d are valid: two copies of a key, one of them imported with
 * another d, must give the same messages. The seed is secret. */
MUST_CHECK int rejection_seed(const EVP_PKEY *key, size_t k, uint8_t out[SHA256_SIZE]);

/* Appends the message in block, or the substitute message if its padding is wrong. cipher: the
 * cipher text from which block was deciphered. Both are as long as the modulus. Faults:
 * FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int rejection_unpad(const uint8_t seed[SHA256_SIZE], struct span cipher,
                               struct span block, struct writer *out);
