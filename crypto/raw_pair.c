/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on Edwards and Montgomery curves by OpenSSL. */
#include "crypto/raw_pair.h"

#include "crypto/raw_curves.h"

#define RAW_HALF_MAX  57 /* Ed448 */
#define SIGNATURE_MAX 114

struct parts {
    struct span secret, point;
};

static bool supported(const struct key_spec *spec)
{
    return spec->curve && raw_curve_key_size(spec->curve) && spec->bits == spec->curve->bits &&
           key_spec_on(spec->curve).type == spec->type;
}

/* Splits material into its two keys; false when it is not that of a key on the curve. */
static bool read_parts(const struct key_spec *spec, struct span material, struct parts *out)
{
    struct reader in = reader_of(material);
    out->secret = read_counted(&in);
    out->point = read_counted(&in);
    if (!read_finished(&in) || !supported(spec))
        return false;
    size_t size = raw_curve_key_size(spec->curve);
    return out->secret.size == size && out->point.size == size;
}

int raw_pair_public_part(const struct key_spec *spec, struct span material, struct public_part *out)
{
    struct parts parts;
    if (!read_parts(spec, material, &parts))
        return CRYPTO_BAD_KEY;
    *out = (struct public_part){ .point = parts.point };
    return 0;
}

int raw_pair_export(const struct key_spec *spec, struct span material, struct key_parts *out)
{
    struct parts parts;
    if (!read_parts(spec, material, &parts))
        return CRYPTO_BAD_KEY;
    *out = (struct key_parts){ .scalar = parts.secret, .point = parts.point };
    return 0;
}

/* --- The library's keys --- */

int raw_pair_from_secret(const struct curve *curve, struct span secret, EVP_PKEY **out)
{
    if (secret.size != raw_curve_key_size(curve))
        return CRYPTO_BAD_KEY;
    *out = EVP_PKEY_new_raw_private_key_ex(NULL, curve->library, NULL, secret.at, secret.size);
    return *out ? 0 : ossl_failure(curve->name);
}

int raw_pair_from_point(const struct curve *curve, struct span point, EVP_PKEY **out)
{
    if (point.size != raw_curve_key_size(curve))
        return CRYPTO_BAD_KEY;
    *out = EVP_PKEY_new_raw_public_key_ex(NULL, curve->library, NULL, point.at, point.size);
    return *out ? 0 : ossl_failure(curve->name);
}

/* Given a private key, OpenSSL computes the public one itself. So material whose halves do not
 * belong together can be opened; key_test_pair() finds such material. */
int raw_pair_open(const struct key_spec *spec, struct span material, struct live_key **out)
{
    struct parts parts;
    if (!read_parts(spec, material, &parts))
        return CRYPTO_BAD_KEY;
    SCOPED(live_key_close) struct live_key *key = live_key_new();
    if (!key)
        return ossl_failure("live key");
    key->curve = spec->curve;
    key->size = parts.secret.size;
    int result = raw_pair_from_secret(spec->curve, parts.secret, &key->pkey);
    if (result)
        return result;
    *out = key;
    key = NULL; /* the caller's now */
    return 0;
}

static int write_material(const EVP_PKEY *pkey, struct span secret, struct writer *out)
{
    uint8_t point[RAW_HALF_MAX];
    size_t size = sizeof point;
    if (EVP_PKEY_get_raw_public_key(pkey, point, &size) != 1)
        return ossl_failure("public key");
    write_counted(out, secret);
    write_counted(out, span_of(point, size));
    return 0;
}

int raw_pair_import(struct key_spec *spec, const struct key_parts *parts,
                    const struct patience *patience, struct writer *out_material)
{
    (void)patience;
    SCOPED(end_EVP_PKEY) EVP_PKEY *pkey = NULL;
    SCOPED_SECRET(bytes, 2 * (2 + RAW_HALF_MAX));
    struct writer material = WRITER_OF(bytes);
    struct public_part computed;
    spec->bits = spec->curve ? spec->curve->bits : 0;
    if (!supported(spec))
        return CRYPTO_UNSUPPORTED;
    int result = raw_pair_from_secret(spec->curve, parts->scalar, &pkey);
    if (!result)
        result = write_material(pkey, parts->scalar, &material);
    if (!result)
        result = raw_pair_public_part(spec, written(&material), &computed);
    if (!result && !span_equal(computed.point, parts->point))
        result = CRYPTO_BAD_KEY;
    if (!result)
        write_span(out_material, written(&material));
    return result;
}

int raw_pair_generate(const struct key_spec *spec, const struct patience *patience,
                      struct writer *out_material)
{
    (void)patience; /* takes less than a millisecond, so it is never stopped */
    if (!supported(spec))
        return CRYPTO_UNSUPPORTED;
    SCOPED(end_EVP_PKEY)
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, spec->curve->library);
    SCOPED_SECRET(secret, RAW_HALF_MAX);
    size_t size = RAW_HALF_MAX;
    if (!pkey || EVP_PKEY_get_raw_private_key(pkey, secret, &size) != 1)
        return ossl_failure(spec->curve->name);
    return write_material(pkey, span_of(secret, size), out_material);
}

/* --- EdDSA --- */

int raw_pair_sign(EVP_PKEY *pkey, struct span message, struct writer *out)
{
    SCOPED(end_EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t signature[SIGNATURE_MAX];
    size_t size = sizeof signature;
    if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) != 1 ||
        EVP_DigestSign(context, signature, &size, message.at, message.size) != 1)
        return ossl_failure("EdDSA signature");
    write_span(out, span_of(signature, size));
    return 0;
}

int raw_pair_verify(EVP_PKEY *pkey, struct span message, struct span signature)
{
    SCOPED(end_EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) != 1)
        return ossl_failure("EdDSA public key");
    ossl_begin();
    if (EVP_DigestVerify(context, signature.at, signature.size, message.at, message.size) != 1)
        return ossl_refusal(CRYPTO_BAD_SIGNATURE, "EdDSA verification");
    return 0;
}
