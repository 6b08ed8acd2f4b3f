/* SPDX-License-Identifier: Apache-2.0 */
/* Key encryption keys: the two keys that are derived from the secret of a key domain (the DKEK) to
 * wrap keys under it (protocol.md 8.1 and 8.5). */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/hash.h"

#define KEK_SIZE       32 /* bytes of the domain's secret */
#define KEK_CHECK_SIZE 8  /* key check value: start of the secret's SHA-256 */
#define KEK_MAC_SIZE   16

/* Holds secrets: declare it SCOPED(kek_wipe). */
struct kek {
    uint8_t encryption[32]; /* key for AES-256-CBC with an IV of zero */
    uint8_t mac[32];        /* key for AES-256-CMAC */
    uint8_t check[KEK_CHECK_SIZE];
};

void kek_wipe(struct kek *kek);
/* Derives the keys. secret: KEK_SIZE bytes. Fault: FAULT_LIBRARY. */
MUST_CHECK int kek_derive(struct span secret, struct kek *out);
/* Encrypt and decrypt whole blocks of 16 bytes. CRYPTO_BAD_INPUT. */
MUST_CHECK int kek_encrypt(const struct kek *kek, struct span plain, struct writer *out);
MUST_CHECK int kek_decrypt(const struct kek *kek, struct span cipher, struct writer *out);
/* Appends the MAC of a message, KEK_MAC_SIZE bytes. */
MUST_CHECK int kek_authenticate(const struct kek *kek, struct span message, struct writer *out);
