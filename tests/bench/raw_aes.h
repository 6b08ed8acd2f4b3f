/* SPDX-License-Identifier: Apache-2.0 */
/* What the bare library does beside an AES key of ours: contexts that hold the key already, with a
 * fresh key, since what an operation costs does not depend on the key's value. */
#pragma once

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "base/bytes.h"

#define RAW_AES_INPUT_MAX 1024

struct raw_aes {
    EVP_CIPHER_CTX *encrypt, *decrypt;
    EVP_MAC_CTX *mac;
    EVP_KDF_CTX *kdf;
    uint8_t key[32];
    size_t key_size;
    uint8_t input[RAW_AES_INPUT_MAX];
    size_t input_size; /* of each operation; set it */
};

/* bits: 128, 192 or 256. */
void raw_aes_make(struct raw_aes *aes, size_t bits);
void raw_aes_free(struct raw_aes *aes);

/* Operations (bench.h); the context is the raw_aes. */
void raw_aes_encrypt(void *aes);
void raw_aes_decrypt(void *aes);
void raw_aes_mac(void *aes);
/* HKDF with SHA-256, the input as info, 32 bytes. */
void raw_aes_derive(void *aes);
