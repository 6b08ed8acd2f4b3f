/* SPDX-License-Identifier: Apache-2.0 */
/* AES by OpenSSL. */
#include "crypto/aes.h"

#include <openssl/core_names.h>
#include <string.h>

#include "crypto/fetch.h"

int aes_cbc(struct span key, bool encrypt, struct span input, struct writer *out)
{
    static const uint8_t zero[AES_BLOCK];
    return aes_cbc_from(key, zero, encrypt, input, out);
}

int aes_cbc_from(struct span key, const uint8_t iv[AES_BLOCK], bool encrypt, struct span input,
                 struct writer *out)
{
    const EVP_CIPHER *cipher = ossl_aes_cbc(key.size);
    if (!cipher)
        return CRYPTO_BAD_KEY;
    if (!input.size || input.size % AES_BLOCK)
        return CRYPTO_BAD_INPUT;

    SCOPED(end_EVP_CIPHER_CTX) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context || EVP_CipherInit_ex2(context, cipher, key.at, iv, encrypt, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(context, 0) != 1)
        return ossl_failure("AES-CBC");
    size_t before = out->size;
    uint8_t *room = write_room(out, input.size);
    int size = 0;
    if (!room)
        return 0; /* out is full, which its owner checks */
    if (EVP_CipherUpdate(context, room, &size, input.at, (int)input.size) == 1 &&
        (size_t)size == input.size)
        return 0;
    write_trim(out, before);
    return ossl_failure("AES-CBC");
}

int aes_cmac(struct span key, struct span message, struct writer *out)
{
    return aes_cmac_of(key, &message, 1, out);
}

int aes_cmac_of(struct span key, const struct span *parts, size_t count, struct writer *out)
{
    const EVP_CIPHER *cipher = ossl_aes_cbc(key.size);
    if (!cipher)
        return CRYPTO_BAD_KEY;
    char name[32];
    strncpy(name, EVP_CIPHER_get0_name(cipher), sizeof name - 1);
    name[sizeof name - 1] = 0;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
        OSSL_PARAM_construct_end(),
    };

    SCOPED(end_EVP_MAC_CTX) EVP_MAC_CTX *context = EVP_MAC_CTX_new(ossl_cmac());
    uint8_t mac[AES_BLOCK];
    size_t size = 0;
    bool good = context && EVP_MAC_init(context, key.at, key.size, parameters) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = EVP_MAC_update(context, parts[i].at, parts[i].size) == 1;
    if (!good || EVP_MAC_final(context, mac, &size, sizeof mac) != 1 || size != sizeof mac)
        return ossl_failure("AES-CMAC");
    write_span(out, SPAN_OF(mac));
    return 0;
}
