/* SPDX-License-Identifier: Apache-2.0 */
/* Derives and uses key encryption keys. */
#include "crypto/kek.h"

#include <string.h>

#include "crypto/aes.h"

void kek_wipe(struct kek *kek)
{
    secret_wipe(kek, sizeof *kek);
}

static int derive(struct span secret, uint8_t number, uint8_t out[SHA256_SIZE])
{
    const uint8_t counter[4] = { 0, 0, 0, number };
    return digest_of(DIGEST_SHA256, (struct span[]){ secret, SPAN_OF(counter) }, 2, out);
}

int kek_derive(struct span secret, struct kek *out)
{
    uint8_t hash[SHA256_SIZE];
    int result = sha256_of(secret, hash);
    if (!result)
        result = derive(secret, 1, out->encryption);
    if (!result)
        result = derive(secret, 2, out->mac);
    memcpy(out->check, hash, sizeof out->check);
    return result;
}

int kek_encrypt(const struct kek *kek, struct span plain, struct writer *out)
{
    return aes_cbc(SPAN_OF(kek->encryption), true, plain, out);
}

int kek_decrypt(const struct kek *kek, struct span cipher, struct writer *out)
{
    return aes_cbc(SPAN_OF(kek->encryption), false, cipher, out);
}

int kek_authenticate(const struct kek *kek, struct span message, struct writer *out)
{
    return aes_cmac(SPAN_OF(kek->mac), message, out);
}
