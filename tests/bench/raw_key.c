/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/raw_key.h"

#include <openssl/rsa.h>
#include <string.h>

#include "crypto/hash.h"
#include "tests/bench/bench.h"

static EVP_PKEY *generate(const char *curve, size_t bits)
{
    EVP_PKEY *key = curve ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve)
                          : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
    bench_require(key, "bare key");
    return key;
}

static EVP_PKEY_CTX *context_for(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *context))
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bench_require(context && init(context) == 1, "bare context");
    return context;
}

static void prepare_rsa(struct raw_key *key)
{
    key->input_size = key->bits / 8;
    bench_require(EVP_PKEY_CTX_set_rsa_padding(key->sign, RSA_NO_PADDING) == 1, "bare padding");
}

static void prepare_ec(struct raw_key *key)
{
    size_t field = ((size_t)EVP_PKEY_get_bits(key->key) + 7) / 8;
    key->input_size = field < SHA256_SIZE ? field : SHA256_SIZE;
    key->verify = context_for(key->key, EVP_PKEY_verify_init);
    key->agree = context_for(key->key, EVP_PKEY_derive_init);
    bench_require(EVP_PKEY_derive_set_peer(key->agree, key->key) == 1, "bare peer");
}

struct raw_key raw_key_make(const char *curve, size_t bits)
{
    struct raw_key key = { .curve = curve, .bits = bits, .key = generate(curve, bits) };
    key.sign = context_for(key.key, EVP_PKEY_sign_init);
    memset(key.input, 0x5A, sizeof key.input);
    if (curve)
        prepare_ec(&key);
    else
        prepare_rsa(&key);
    raw_key_sign(&key);
    return key;
}

void raw_key_free(struct raw_key *key)
{
    EVP_PKEY_CTX_free(key->sign);
    EVP_PKEY_CTX_free(key->verify);
    EVP_PKEY_CTX_free(key->agree);
    EVP_PKEY_free(key->key);
    *key = (struct raw_key){ 0 };
}

void raw_key_sign(void *context)
{
    struct raw_key *key = context;
    key->signature_size = sizeof key->signature;
    bench_require(EVP_PKEY_sign(key->sign, key->signature, &key->signature_size, key->input,
                                key->input_size) == 1,
                  "bare signature");
}

void raw_key_verify(void *context)
{
    struct raw_key *key = context;
    bench_require(EVP_PKEY_verify(key->verify, key->signature, key->signature_size, key->input,
                                  key->input_size) == 1,
                  "bare verification");
}

void raw_key_agree(void *context)
{
    struct raw_key *key = context;
    uint8_t secret[RAW_RESULT_MAX];
    size_t size = sizeof secret;
    bench_require(EVP_PKEY_derive(key->agree, secret, &size) == 1, "bare agreement");
}

void raw_key_generate(void *context)
{
    const struct raw_key *key = context;
    EVP_PKEY_free(generate(key->curve, key->bits));
}
