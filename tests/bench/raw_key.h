/* SPDX-License-Identifier: Apache-2.0 */
/* What the bare library does beside us: with a fresh key of the same sort, since what an operation
 * costs does not depend on the key's value. */
#pragma once

#include <openssl/evp.h>

#include "base/bytes.h"

#define RAW_RESULT_MAX 1024

struct raw_key {
    const char *curve; /* NULL: RSA */
    size_t bits;
    EVP_PKEY *key;
    EVP_PKEY_CTX *sign, *verify, *agree; /* RSA only signs */
    uint8_t input[RAW_RESULT_MAX], signature[RAW_RESULT_MAX];
    size_t input_size, signature_size;
};

/* curve: OpenSSL's name, or NULL for RSA of that many bits, which is raw as on the card. */
struct raw_key raw_key_make(const char *curve, size_t bits);
void raw_key_free(struct raw_key *key);

/* Operations (bench.h); the context is the raw_key. */
void raw_key_sign(void *key);
void raw_key_verify(void *key);
/* With itself as the peer, which is checked when the key is made. */
void raw_key_agree(void *key);
/* A further key of the same sort. */
void raw_key_generate(void *key);
