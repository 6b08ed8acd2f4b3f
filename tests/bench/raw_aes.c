/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/raw_aes.h"

#include <openssl/core_names.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/bench.h"

static EVP_CIPHER_CTX *cipher_context(const struct raw_aes *aes, int encrypt)
{
    char name[20];
    snprintf(name, sizeof name, "AES-%zu-CBC", 8 * aes->key_size);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bench_require(cipher && context &&
                      EVP_CipherInit_ex2(context, cipher, aes->key, NULL, encrypt, NULL) == 1 &&
                      EVP_CIPHER_CTX_set_padding(context, 0) == 1,
                  name);
    EVP_CIPHER_free(cipher);
    return context;
}

static EVP_MAC_CTX *mac_context(const struct raw_aes *aes)
{
    char name[20];
    snprintf(name, sizeof name, "AES-%zu-CBC", 8 * aes->key_size);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    bench_require(context && EVP_MAC_init(context, aes->key, aes->key_size, parameters) == 1,
                  "bare CMAC");
    EVP_MAC_free(mac);
    return context;
}

static EVP_KDF_CTX *kdf_context(void)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    bench_require(context, "bare HKDF");
    EVP_KDF_free(kdf);
    return context;
}

void raw_aes_make(struct raw_aes *aes, size_t bits)
{
    *aes = (struct raw_aes){ .key_size = bits / 8 };
    memset(aes->key, 0x5A, sizeof aes->key);
    memset(aes->input, 0x5A, sizeof aes->input);
    aes->encrypt = cipher_context(aes, 1);
    aes->decrypt = cipher_context(aes, 0);
    aes->mac = mac_context(aes);
    aes->kdf = kdf_context();
}

void raw_aes_free(struct raw_aes *aes)
{
    EVP_CIPHER_CTX_free(aes->encrypt);
    EVP_CIPHER_CTX_free(aes->decrypt);
    EVP_MAC_CTX_free(aes->mac);
    EVP_KDF_CTX_free(aes->kdf);
    *aes = (struct raw_aes){ 0 };
}

static void run_cipher(const struct raw_aes *aes, EVP_CIPHER_CTX *context)
{
    static const uint8_t zero[16];
    uint8_t out[RAW_AES_INPUT_MAX];
    int size = 0;
    bench_require(EVP_CipherInit_ex2(context, NULL, NULL, zero, -1, NULL) == 1 &&
                      EVP_CipherUpdate(context, out, &size, aes->input, (int)aes->input_size) == 1,
                  "bare AES-CBC");
}

void raw_aes_encrypt(void *context)
{
    const struct raw_aes *aes = context;
    run_cipher(aes, aes->encrypt);
}

void raw_aes_decrypt(void *context)
{
    const struct raw_aes *aes = context;
    run_cipher(aes, aes->decrypt);
}

void raw_aes_mac(void *context)
{
    struct raw_aes *aes = context;
    uint8_t out[16];
    size_t size = 0;
    bench_require(EVP_MAC_init(aes->mac, NULL, 0, NULL) == 1 &&
                      EVP_MAC_update(aes->mac, aes->input, aes->input_size) == 1 &&
                      EVP_MAC_final(aes->mac, out, &size, sizeof out) == 1,
                  "bare AES-CMAC");
}

void raw_aes_derive(void *context)
{
    struct raw_aes *aes = context;
    char digest[] = "SHA256";
    uint8_t out[32];
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, aes->key, aes->key_size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, aes->input, aes->input_size),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX_reset(aes->kdf);
    bench_require(EVP_KDF_derive(aes->kdf, out, sizeof out, parameters) == 1, "bare HKDF");
}
