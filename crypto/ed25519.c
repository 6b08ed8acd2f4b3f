#include "crypto/ed25519.h"

#include <string.h>

#include "crypto/ossl.h"

int ed25519_generate(uint8_t out_seed[ED25519_SEED_SIZE])
{
    return random_bytes(out_seed, ED25519_SEED_SIZE);
}

static int open_seed(const uint8_t seed[ED25519_SEED_SIZE], EVP_PKEY **out)
{
    *out = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, ED25519_SEED_SIZE);
    return *out ? 0 : ossl_failure("Ed25519 key from its seed");
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
    SCOPED(end_EVP_MD_CTX) EVP_MD_CTX *context = NULL;
    uint8_t bytes[ED25519_SIGNATURE_SIZE];
    size_t size = sizeof bytes;
    int r = open_seed(seed, &key);
    if (r)
        return r;
    context = EVP_MD_CTX_new();
    if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(context, bytes, &size, message.at, message.size) != 1 ||
        size != sizeof bytes)
        return ossl_failure("Ed25519 signature");
    memcpy(out_signature, bytes, sizeof bytes);
    return 0;
}

int ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message,
                   const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
    SCOPED(end_EVP_PKEY)
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public_key, ED25519_PUBLIC_SIZE);
    SCOPED(end_EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!key || !context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1)
        return ossl_failure("Ed25519 public key");
    if (EVP_DigestVerify(context, signature, ED25519_SIGNATURE_SIZE, message.at, message.size) != 1)
        return ossl_refusal(CRYPTO_BAD_SIGNATURE, "Ed25519 verification");
    return 0;
}
