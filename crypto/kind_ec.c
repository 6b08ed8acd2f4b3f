/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on Weierstrass curves: ECDSA (FIPS 186-5) and ECDH (SP 800-56A). Material: d, Q; d as long
 * as the order, Q as 04 || x || y.
 *
 * All curves of the table have cofactor 1: a point on the curve is a point of the group. */
#include <openssl/core_names.h>

#include "base/tlv.h"
#include "crypto/kinds.h"
#include "crypto/ossl_key.h"
#include "crypto/fetch.h"

#define DER_MAX (2 * (CURVE_FIELD_MAX + 3) + 3) /* of an ECDSA signature, P-521 */

static size_t point_size(const struct curve *curve)
{
    return 1 + 2 * curve_field_size(curve);
}

static size_t order_size(const struct curve *curve)
{
    return ((size_t)EC_GROUP_order_bits(ossl_group(curve)) + 7) / 8;
}

static bool supported(const struct key_spec *spec)
{
    return spec->curve && ossl_group(spec->curve) && spec->bits == spec->curve->bits;
}

/* --- Points --- */

/* Reads a point: only the uncompressed form, on the curve, not infinity. Other points give the
 * positive result `answer`. */
static int read_point(const struct curve *curve, struct span bytes, int answer, EC_POINT **out)
{
    struct reader in = reader_of(bytes);
    if (bytes.size != point_size(curve) || read_u8(&in) != POINT_CONVERSION_UNCOMPRESSED)
        return answer;

    SCOPED(end_EC_POINT) EC_POINT *point = EC_POINT_new(ossl_group(curve));
    if (!point)
        return ossl_failure("point");
    ossl_begin();
    if (EC_POINT_oct2point(ossl_group(curve), point, bytes.at, bytes.size, NULL) != 1)
        return ossl_refusal(answer, "point");
    *out = point;
    point = NULL; /* the caller's now */
    return 0;
}

static int check_point(const struct curve *curve, struct span bytes)
{
    SCOPED(end_EC_POINT) EC_POINT *point = NULL;
    return read_point(curve, bytes, CRYPTO_BAD_KEY, &point);
}

/* --- Material --- */

struct parts {
    struct span scalar, point;
};

static bool read_parts(struct span material, struct parts *out)
{
    struct reader in = reader_of(material);
    out->scalar = read_counted(&in);
    out->point = read_counted(&in);
    return read_finished(&in);
}

static int ec_public_part(const struct key_spec *spec, struct span material,
                          struct public_part *out)
{
    struct parts parts;
    if (!supported(spec) || !read_parts(material, &parts))
        return CRYPTO_BAD_KEY;
    if (parts.point.size != point_size(spec->curve))
        return CRYPTO_BAD_KEY;
    *out = (struct public_part){ .point = parts.point };
    return 0;
}

/* --- Opening --- */

/* scalar NULL: a public key. */
static int make_key(const struct curve *curve, struct span point, const BIGNUM *scalar,
                    EVP_PKEY **out)
{
    SCOPED(end_OSSL_PARAM_BLD) OSSL_PARAM_BLD *list = OSSL_PARAM_BLD_new();
    if (!list ||
        OSSL_PARAM_BLD_push_utf8_string(list, OSSL_PKEY_PARAM_GROUP_NAME, curve->library, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(list, OSSL_PKEY_PARAM_PUB_KEY, point.at, point.size) != 1)
        return ossl_failure("EC parameters");
    if (!scalar)
        return ossl_key_from("EC", EVP_PKEY_PUBLIC_KEY, list, out);
    if (OSSL_PARAM_BLD_push_BN_pad(list, OSSL_PKEY_PARAM_PRIV_KEY, scalar, order_size(curve)) != 1)
        return ossl_failure("EC parameters");
    return ossl_key_from("EC", EVP_PKEY_KEYPAIR, list, out);
}

/* 0 < d < order. */
static bool scalar_fits(const struct curve *curve, const BIGNUM *scalar)
{
    return !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(ossl_group(curve))) < 0;
}

static int fill_live_key(const struct curve *curve, const struct parts *parts, struct live_key *key)
{
    key->curve = curve;
    key->size = curve_field_size(curve);
    key->scalar = ossl_secret_number(parts->scalar);
    if (!key->scalar)
        return ossl_failure("EC private key");
    if (!scalar_fits(curve, key->scalar))
        return CRYPTO_BAD_KEY;
    return make_key(curve, parts->point, key->scalar, &key->pkey);
}

static int ec_open(const struct key_spec *spec, struct span material, struct live_key **out)
{
    struct parts parts;
    if (!supported(spec) || !read_parts(material, &parts))
        return CRYPTO_BAD_KEY;
    int result = check_point(spec->curve, parts.point);
    if (result)
        return result;

    SCOPED(live_key_close) struct live_key *key = live_key_new();
    if (!key)
        return ossl_failure("live key");
    result = fill_live_key(spec->curve, &parts, key);
    if (result)
        return result;
    *out = key;
    key = NULL; /* the caller's now */
    return 0;
}

/* --- Signatures --- */

/* The hash value that is signed: the input itself, or its digest in hash. */
static int hash_input(struct scheme scheme, struct span input, uint8_t hash[DIGEST_MAX],
                      struct span *out)
{
    if (scheme.padding != PADDING_NONE)
        return CRYPTO_UNSUPPORTED;
    *out = input;
    if (scheme.digest == DIGEST_NONE)
        return input.size ? 0 : CRYPTO_BAD_INPUT;
    *out = span_of(hash, digest_size(scheme.digest));
    return digest_of(scheme.digest, &input, 1, hash);
}

/* One context is used for all schemes, since the library always gets a hash value. */
static int prepare_signing(struct live_key *key)
{
    if (key->sign.context)
        return 0;
    SCOPED(end_EVP_PKEY_CTX)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    if (!context || EVP_PKEY_sign_init(context) != 1)
        return ossl_failure("ECDSA context");
    key->sign.context = context;
    context = NULL; /* the key's now */
    return 0;
}

static int ec_sign(struct live_key *key, struct scheme scheme, struct span input,
                   struct writer *out)
{
    SCOPED_SECRET(hash, DIGEST_MAX);
    struct span value;
    int result = hash_input(scheme, input, hash, &value);
    if (!result)
        result = prepare_signing(key);
    if (result)
        return result;

    uint8_t signature[DER_MAX];
    size_t size = sizeof signature;
    if (EVP_PKEY_sign(key->sign.context, signature, &size, value.at, value.size) != 1)
        return ossl_failure("ECDSA signature");
    /* when OpenSSL has no memory to encode the signature, it returns 1 nevertheless, with size
     * -1 */
    if (size == 0 || size > sizeof signature)
        return ossl_failure("ECDSA signature without content");
    write_span(out, span_of(signature, size));
    return 0;
}

static int ec_verify(const struct key_spec *spec, const struct public_part *public_part,
                     struct scheme scheme, struct span input, struct span signature)
{
    uint8_t hash[DIGEST_MAX];
    struct span value;
    SCOPED(end_EVP_PKEY) EVP_PKEY *pkey = NULL;

    if (!supported(spec))
        return CRYPTO_BAD_KEY;
    int result = hash_input(scheme, input, hash, &value);
    if (!result)
        result = check_point(spec->curve, public_part->point);
    if (!result)
        result = make_key(spec->curve, public_part->point, NULL, &pkey);
    if (result)
        return result;

    SCOPED(end_EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (!context || EVP_PKEY_verify_init(context) != 1)
        return ossl_failure("ECDSA context");
    ossl_begin();
    if (EVP_PKEY_verify(context, signature.at, signature.size, value.at, value.size) != 1)
        return ossl_refusal(CRYPTO_BAD_SIGNATURE, "ECDSA verification");
    return 0;
}

static void put_plain(struct reader *in, struct span integer, size_t size, struct writer *out)
{
    struct span magnitude = without_leading_zeros(integer);
    bool negative = integer.size == 0 || *integer.at >= 0x80;
    if (read_failed(in) || negative || magnitude.size > size) {
        read_fail(in);
        return;
    }
    write_zeros(out, size - magnitude.size);
    write_span(out, magnitude);
}

int ecdsa_plain(struct span der, size_t field_size, struct writer *out)
{
    struct reader in = reader_of(der);
    struct reader signature = tlv_enter(&in, 0x30);
    struct span r = tlv_expect(&signature, 0x02);
    struct span s = tlv_expect(&signature, 0x02);
    if (!read_finished(&signature) || !read_finished(&in))
        return CRYPTO_BAD_INPUT;

    size_t before = out->size;
    put_plain(&in, r, field_size, out);
    put_plain(&in, s, field_size, out);
    if (!read_failed(&in))
        return 0;
    write_trim(out, before);
    return CRYPTO_BAD_INPUT;
}

void ecdsa_der(struct span plain, struct writer *out)
{
    struct tlv_mark signature = tlv_open(out, 0x30);
    tlv_write_unsigned(out, 0x02, span_part(plain, 0, plain.size / 2));
    tlv_write_unsigned(out, 0x02, span_part(plain, plain.size / 2, plain.size));
    tlv_close(out, signature);
}

/* --- Agreement --- */

static int write_point(const struct curve *curve, const EC_POINT *point, struct writer *out)
{
    SCOPED_SECRET(bytes, CURVE_POINT_MAX);
    size_t size = EC_POINT_point2oct(ossl_group(curve), point, POINT_CONVERSION_UNCOMPRESSED, bytes,
                                     sizeof bytes, NULL);
    if (size != point_size(curve))
        return ossl_failure("shared point");
    write_span(out, span_of(bytes, size));
    return 0;
}

/* With a single point and a scalar the library multiplies in constant time. */
static int ec_agree(struct live_key *key, struct span peer, struct writer *out)
{
    const EC_GROUP *group = ossl_group(key->curve);
    SCOPED(end_EC_POINT) EC_POINT *point = NULL;
    int result = read_point(key->curve, peer, CRYPTO_BAD_INPUT, &point);
    if (result)
        return result;

    SCOPED(end_BN_CTX) BN_CTX *context = BN_CTX_secure_new();
    SCOPED(end_EC_POINT) EC_POINT *shared = EC_POINT_new(group);
    if (!context || !shared || EC_POINT_mul(group, shared, NULL, point, key->scalar, context) != 1)
        return ossl_failure("ECDH");
    return write_point(key->curve, shared, out);
}

/* --- Keys from elsewhere --- */

static int ec_export(const struct key_spec *spec, struct span material, struct key_parts *out)
{
    struct parts parts;
    if (!supported(spec) || !read_parts(material, &parts))
        return CRYPTO_BAD_KEY;
    *out = (struct key_parts){ .scalar = parts.scalar, .point = parts.point };
    return 0;
}

/* The point that belongs to the scalar. */
static int multiply_generator(const struct curve *curve, const BIGNUM *scalar, struct writer *out)
{
    const EC_GROUP *group = ossl_group(curve);
    SCOPED(end_BN_CTX) BN_CTX *context = BN_CTX_secure_new();
    SCOPED(end_EC_POINT) EC_POINT *point = EC_POINT_new(group);
    if (!context || !point || EC_POINT_mul(group, point, scalar, NULL, NULL, context) != 1)
        return ossl_failure("EC public key");
    return write_point(curve, point, out);
}

static int write_scalar(const struct curve *curve, const BIGNUM *scalar, struct writer *out)
{
    size_t size = order_size(curve);
    write_u16(out, (uint16_t)size);
    uint8_t *room = write_room(out, size);
    if (room && BN_bn2binpad(scalar, room, (int)size) < 0)
        return ossl_failure("EC private key");
    return 0;
}

/* Checks that the point is the scalar's multiple of the generator; then it is on the curve, too. */
static int ec_import(struct key_spec *spec, const struct key_parts *parts,
                     const struct patience *patience, struct writer *out_material)
{
    (void)patience;
    spec->bits = spec->curve ? spec->curve->bits : 0;
    if (!supported(spec))
        return CRYPTO_UNSUPPORTED;
    SCOPED(end_BIGNUM) BIGNUM *scalar = ossl_secret_number(parts->scalar);
    if (!scalar)
        return ossl_failure("EC private key");
    if (!scalar_fits(spec->curve, scalar))
        return CRYPTO_BAD_KEY;
    uint8_t bytes[CURVE_POINT_MAX];
    struct writer point = WRITER_OF(bytes);
    int result = multiply_generator(spec->curve, scalar, &point);
    if (!result && !span_equal(written(&point), parts->point))
        result = CRYPTO_BAD_KEY;
    if (!result)
        result = write_scalar(spec->curve, scalar, out_material);
    if (!result)
        write_counted(out_material, written(&point));
    return result;
}

/* d + parameter, modulo the order (protocol.md 5.3). */
static int ec_derive(struct live_key *key, struct span parameter, struct writer *out_material)
{
    const BIGNUM *order = EC_GROUP_get0_order(ossl_group(key->curve));
    SCOPED(end_BN_CTX) BN_CTX *context = BN_CTX_secure_new();
    SCOPED(end_BIGNUM) BIGNUM *scalar = ossl_secret_number(parameter);
    if (parameter.size != key->size)
        return CRYPTO_BAD_INPUT;
    if (!context || !scalar || BN_mod_add(scalar, scalar, key->scalar, order, context) != 1)
        return ossl_failure("EC key derivation");
    if (BN_is_zero(scalar))
        return CRYPTO_BAD_INPUT;
    uint8_t bytes[CURVE_POINT_MAX];
    struct writer point = WRITER_OF(bytes);
    int result = multiply_generator(key->curve, scalar, &point);
    if (!result)
        result = write_scalar(key->curve, scalar, out_material);
    if (!result)
        write_counted(out_material, written(&point));
    return result;
}

/* --- Generation --- */

static int make_pair(const struct curve *curve, EVP_PKEY **out)
{
    SCOPED(end_EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!context || EVP_PKEY_keygen_init(context) != 1 ||
        EVP_PKEY_CTX_set_group_name(context, curve->library) != 1 ||
        EVP_PKEY_generate(context, out) != 1)
        return ossl_failure("EC key generation");
    return 0;
}

static int write_parts(const struct curve *curve, const EVP_PKEY *pkey, struct writer *out)
{
    uint8_t point[CURVE_POINT_MAX];
    size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                        &size) != 1)
        return ossl_failure("EC public key");
    int result = ossl_write_part(pkey, OSSL_PKEY_PARAM_PRIV_KEY, order_size(curve), out);
    if (!result)
        write_counted(out, span_of(point, size));
    return result;
}

static int ec_generate(const struct key_spec *spec, const struct patience *patience,
                       struct writer *out_material)
{
    (void)patience; /* takes less than a millisecond, so it is never stopped */
    if (!supported(spec))
        return CRYPTO_UNSUPPORTED;
    SCOPED(end_EVP_PKEY) EVP_PKEY *pkey = NULL;
    SCOPED_SECRET(bytes, 2 * (CURVE_FIELD_MAX + 2) + CURVE_POINT_MAX);
    struct writer material = WRITER_OF(bytes);

    int result = make_pair(spec->curve, &pkey);
    if (!result)
        result = write_parts(spec->curve, pkey, &material);
    if (!result)
        write_span(out_material, written(&material));
    return result;
}

const struct key_kind kind_ec = {
    .type = KEY_EC,
    .on_curves = true,
    .form = CURVE_WEIERSTRASS,
    .request_scheme = { PADDING_NONE, DIGEST_SHA256 },
    .name = "EC",
    .generate = ec_generate,
    .open = ec_open,
    .public_part = ec_public_part,
    .sign = ec_sign,
    .agree = ec_agree,
    .derive = ec_derive,
    .to_parts = ec_export,
    .import = ec_import,
    .verify = ec_verify,
};
