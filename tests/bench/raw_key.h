/* The bare library's signature beside ours: a fresh key of the same sort, since what a signature
 * costs does not depend on the key's value. */
#pragma once

#include <openssl/evp.h>

#include "base/bytes.h"

struct raw_key {
    EVP_PKEY_CTX *context;
    uint8_t input[1024];
    size_t input_size;
};

/* curve: OpenSSL's name, or NULL for RSA of that many bits, which is raw as on the card. */
struct raw_key raw_key_make(const char *curve, size_t bits);
void raw_key_free(struct raw_key *key);
/* An operation (bench.h); the context is the raw_key. */
void raw_key_sign(void *key);
