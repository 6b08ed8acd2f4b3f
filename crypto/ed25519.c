/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of checkpoints, in terms of raw_pair.h. */
#include "crypto/ed25519.h"

#include <string.h>

#include "crypto/raw_pair.h"

int ed25519_generate(uint8_t out_seed[ED25519_SEED_SIZE])
{
    return random_bytes(out_seed, ED25519_SEED_SIZE);
}

static int open_seed(const uint8_t seed[ED25519_SEED_SIZE], EVP_PKEY **out)
{
    return raw_pair_from_secret(curve_by_name("Ed25519"), span_of(seed, ED25519_SEED_SIZE), out);
}

int ed25519_public(const uint8_t seed[ED25519_SEED_SIZE], uint8_t out_public[ED25519_PUBLIC_SIZE])
{
    SCOPED(end_EVP_PKEY) EVP_PKEY *key = NULL;
    uint8_t bytes[ED25519_PUBLIC_SIZE];
    size_t size = sizeof bytes;
    int r = open_seed(seed, &key);
    if (!r && (EVP_PKEY_get_raw_public_key(key, bytes, &size) != 1 || size != sizeof bytes))
        r = ossl_failure("Ed25519 public key");
    if (!r)
        memcpy(out_public, bytes, sizeof bytes);
    return r;
}

int ed25519_sign(const uint8_t seed[ED25519_SEED_SIZE], struct span message,
                 uint8_t out_signature[ED25519_SIGNATURE_SIZE])
{
    SCOPED(end_EVP_PKEY) EVP_PKEY *key = NULL;
    uint8_t bytes[ED25519_SIGNATURE_SIZE];
    struct writer signature = WRITER_OF(bytes);
    int r = open_seed(seed, &key);
    if (!r)
        r = raw_pair_sign(key, message, &signature);
    if (!r)
        memcpy(out_signature, bytes, sizeof bytes);
    return r;
}

int ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message,
                   const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
    SCOPED(end_EVP_PKEY) EVP_PKEY *key = NULL;
    int r = raw_pair_from_point(curve_by_name("Ed25519"), span_of(public_key, ED25519_PUBLIC_SIZE),
                                &key);
    return r ? r : raw_pair_verify(key, message, span_of(signature, ED25519_SIGNATURE_SIZE));
}
