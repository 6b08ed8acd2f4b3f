/* SPDX-License-Identifier: Apache-2.0 */
/* AES keys (FIPS 197). Material: the key, with its length before it.
 *
 * The modes are those of protocol.md 7.1. Deriving is HKDF with SHA-256 (RFC 5869), no salt, the
 * input as info, 32 bytes: our choice, since the hardware's function is not known (16.1). */
#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "crypto/aes.h"
#include "crypto/kinds.h"
#include "crypto/ossl_key.h"
#include "crypto/fetch.h"

#define DERIVED_SIZE 32

static bool supported(const struct key_spec *spec)
{
    return spec->bits == 128 || spec->bits == 192 || spec->bits == 256;
}

static int aes_export(const struct key_spec *spec, struct span material, struct key_parts *out)
{
    struct reader in = reader_of(material);
    struct span secret = read_counted(&in);
    if (!read_finished(&in) || !supported(spec) || 8 * secret.size != spec->bits)
        return CRYPTO_BAD_KEY;
    *out = (struct key_parts){ .secret = secret };
    return 0;
}

static int aes_import(struct key_spec *spec, const struct key_parts *parts,
                      const struct patience *patience, struct writer *out_material)
{
    (void)patience;
    spec->bits = (uint16_t)(8 * parts->secret.size);
    if (!supported(spec) || parts->secret.size > AES_KEY_MAX)
        return CRYPTO_BAD_KEY;
    write_counted(out_material, parts->secret);
    return 0;
}

/* Any bytes are a key: what could be wrong with them is the random source's to find. */
static int aes_generate(const struct key_spec *spec, const struct patience *patience,
                        struct writer *out_material)
{
    (void)patience;
    if (!supported(spec))
        return CRYPTO_UNSUPPORTED;
    SCOPED_SECRET(secret, AES_KEY_MAX);
    int result = random_bytes(secret, spec->bits / 8u);
    if (!result)
        write_counted(out_material, span_of(secret, spec->bits / 8u));
    return result;
}

static int aes_open(const struct key_spec *spec, struct span material, struct live_key **out)
{
    struct key_parts parts;
    int result = aes_export(spec, material, &parts);
    if (result)
        return result;
    struct live_key *key = live_key_new();
    if (!key)
        return ossl_failure("live key");
    key->size = parts.secret.size;
    struct writer secret = WRITER_OF(key->secret);
    write_span(&secret, parts.secret);
    *out = key;
    return 0;
}

/* RFC 5869 with an empty salt. */
static int derive(struct span key, struct span info, struct writer *out)
{
    SCOPED(end_EVP_KDF_CTX) EVP_KDF_CTX *context = EVP_KDF_CTX_new(ossl_hkdf());
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key.at, key.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.at,
                                          info.size),
        OSSL_PARAM_construct_end(),
    };
    SCOPED_SECRET(derived, DERIVED_SIZE);
    if (!context || EVP_KDF_derive(context, derived, sizeof derived, parameters) != 1)
        return ossl_failure("HKDF");
    write_span(out, span_of(derived, sizeof derived));
    return 0;
}

static int aes_cipher(struct live_key *key, struct scheme scheme, struct span input,
                      struct writer *out)
{
    const struct span secret = span_of(key->secret, key->size);
    switch (scheme.mode) {
    case MODE_CBC_ENCRYPT:
    case MODE_CBC_DECRYPT:
        return aes_cbc(secret, scheme.mode == MODE_CBC_ENCRYPT, input, out);
    case MODE_CMAC:
        return aes_cmac(secret, input, out);
    case MODE_DERIVE:
        return derive(secret, input, out);
    default:
        return CRYPTO_UNSUPPORTED;
    }
}

const struct key_kind kind_aes = {
    .type = KEY_AES,
    .name = "AES",
    .generate = aes_generate,
    .open = aes_open,
    .cipher = aes_cipher,
    .to_parts = aes_export,
    .import = aes_import,
};
