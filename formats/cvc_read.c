/* SPDX-License-Identifier: Apache-2.0 */
/* Reads card-verifiable certificates and requests that were made elsewhere. Nothing in them may be
 * trusted before their signature was verified. */
#include "base/tlv.h"
#include "crypto/curve_parameters.h"
#include "formats/cvc.h"
#include "formats/cvc_parts.h"

#define MODULUS_MAX 1024

/* --- The key template of GENERATE --- */

static int read_rsa_template(struct reader *in, struct key_spec *out)
{
    struct span exponent, size;
    tlv_read_members(in, { RSA_EXPONENT, 1, 4, false, &exponent },
                     { RSA_SIZE, 1, 4, false, &size });
    uint32_t bits = size.at ? tlv_number(in, size) : 2048;
    if (bits > UINT16_MAX)
        read_fail(in);
    *out = (struct key_spec){
        .type = KEY_RSA,
        .bits = (uint16_t)bits,
        .exponent = exponent.at ? tlv_number(in, exponent) : 65537,
    };
    return 0;
}

/* Reads domain parameters and point of a key on a curve, if there are any. With the prime of an
 * Edwards or Montgomery curve, the members have other tags: there are no coefficients, and the
 * order follows the prime (protocol.md 12.3). */
struct ec_members {
    struct domain_parameters domain;
    struct span point;
};

static struct ec_members read_ec_members(struct reader *in)
{
    struct ec_members ec = { 0 };
    struct domain_parameters *d = &ec.domain;
    tlv_read_members(in, { EC_PRIME, 1, CURVE_FIELD_MAX, false, &d->prime },
                     { EC_A, 1, CURVE_FIELD_MAX, false, &d->a },
                     { EC_B, 1, CURVE_FIELD_MAX, false, &d->b },
                     { EC_GENERATOR, 1, CURVE_POINT_MAX, false, &d->generator },
                     { EC_ORDER, 1, CURVE_FIELD_MAX, false, &d->order },
                     { EC_POINT, 1, CURVE_POINT_MAX, false, &ec.point },
                     { EC_COFACTOR, 1, 1, false, &d->cofactor });
    if (!d->prime.at || !curve_prime_is_raw(d->prime))
        return ec;
    if (d->order.at || ec.point.at)
        read_fail(in);
    return (struct ec_members){
        .domain = { .prime = d->prime, .order = d->a, .generator = d->b, .cofactor = d->cofactor },
        .point = d->generator,
    };
}

static int read_ec_template(struct reader *in, struct key_spec *out)
{
    const struct ec_members given = read_ec_members(in);
    const struct curve *curve = NULL;
    int r = read_failed(in) ? CVC_NO_KEY : curve_by_parameters(&given.domain, &curve);
    if (!r)
        *out = key_spec_on(curve);
    return r;
}

int cvc_read_key_template(struct reader *in, struct key_spec *out)
{
    struct key_spec spec = { 0 };
    struct span oid = tlv_expect(in, CVC_OID);
    int r = CVC_NO_KEY;
    if (span_equal(oid, cvc_oid_rsa))
        r = read_rsa_template(in, &spec);
    else if (span_equal(oid, cvc_oid_ecdsa))
        r = read_ec_template(in, &spec);
    if (r < 0)
        return r;
    if (r || !read_finished(in))
        return CVC_NO_KEY;
    *out = spec;
    return 0;
}

/* --- Public keys --- */

static int read_rsa_key(struct reader *in, struct cvc *out)
{
    tlv_read_members(in, { RSA_MODULUS, 64, MODULUS_MAX, true, &out->key.modulus },
                     { RSA_EXPONENT, 1, 4, true, &out->key.exponent });
    if (read_failed(in) || out->key.modulus.at[0] == 0)
        return CVC_NO_KEY;
    out->spec = (struct key_spec){ .type = KEY_RSA,
                                   .bits = (uint16_t)(8 * out->key.modulus.size),
                                   .exponent = tlv_number(in, out->key.exponent) };
    return 0;
}

/* A key without domain parameters is on its issuer's curve. */
static int read_ec_key(struct reader *in, const struct curve *inherited, struct cvc *out)
{
    const struct ec_members given = read_ec_members(in);
    const struct curve *curve = inherited;
    int r = read_failed(in) || !given.point.at ? CVC_NO_KEY : 0;
    if (!r && given.domain.prime.at)
        r = curve_by_parameters(&given.domain, &curve);
    if (r)
        return r < 0 ? r : CVC_NO_KEY;
    if (!curve)
        return CVC_NO_KEY;
    out->key.point = given.point;
    out->spec = key_spec_on(curve);
    return 0;
}

static int read_public_key(struct span value, const struct curve *inherited, struct cvc *out)
{
    struct reader in = reader_of(value);
    struct span oid = tlv_expect(&in, CVC_OID);
    if (span_equal(oid, cvc_oid_rsa))
        return read_rsa_key(&in, out);
    return span_equal(oid, cvc_oid_ecdsa) ? read_ec_key(&in, inherited, out) : CVC_NO_KEY;
}

/* --- Certificates and requests --- */

static uint32_t read_day(struct reader *in, struct span value)
{
    struct reader digits = reader_of(value);
    uint32_t day = 0;
    while (read_left(&digits)) {
        uint8_t digit = read_u8(&digits);
        if (digit > 9)
            read_fail(in);
        day = day * 10 + digit;
    }
    return day;
}

static void read_role(struct reader *in, struct span chat, struct cvc *out)
{
    struct reader members = reader_of(chat);
    struct span oid, role;
    tlv_read_members(&members, { CVC_OID, 1, 16, true, &oid }, { CVC_ROLE, 1, 1, true, &role });
    if (!read_finished(&members) || !span_equal(oid, cvc_oid_authorisation))
        read_fail(in);
    else
        out->role = (enum cvc_role)role.at[0];
}

static void read_authority(struct reader *in, struct span chat, struct span effective,
                           struct span expiration, struct cvc *out)
{
    out->authorised = chat.at;
    if (!chat.at)
        return;
    if (!effective.at || !expiration.at)
        read_fail(in);
    read_role(in, chat, out);
    out->dates.effective = read_day(in, effective);
    out->dates.expiration = read_day(in, expiration);
}

/* The value of the extension with this identifier; empty when there is none. */
static struct span find_extension(struct span extensions, struct span wanted)
{
    struct reader in = reader_of(extensions);
    while (tlv_is_next(&in, CVC_EXTENSION)) {
        struct reader extension = tlv_enter(&in, CVC_EXTENSION);
        struct span oid = tlv_expect(&extension, CVC_OID);
        struct span value = tlv_expect(&extension, CVC_EXTENSION_VALUE);
        if (!read_failed(&extension) && span_equal(oid, wanted))
            return value;
    }
    return (struct span){ 0 };
}

static int read_body(struct reader *in, const struct curve *inherited, struct cvc *out)
{
    struct span profile, key, chat, effective, expiration, extensions;
    tlv_read_members(
        in, { CVC_PROFILE, 1, 1, true, &profile }, { CVC_CAR, 1, CVC_NAME_MAX, false, &out->car },
        { CVC_PUBLIC_KEY, 1, 2048, true, &key }, { CVC_CHR, 1, CVC_NAME_MAX, true, &out->chr },
        { CVC_CHAT, 1, 64, false, &chat }, { CVC_EFFECTIVE, 6, 6, false, &effective },
        { CVC_EXPIRATION, 6, 6, false, &expiration },
        { CVC_EXTENSIONS, 0, 1024, false, &extensions });
    if (read_failed(in))
        return CVC_NO_KEY;
    read_authority(in, chat, effective, expiration, out);
    out->group = find_extension(extensions, cvc_oid_group);
    return read_failed(in) ? CVC_NO_KEY : read_public_key(key, inherited, out);
}

int cvc_read(struct reader *in, const struct curve *inherited, struct cvc *out)
{
    struct cvc read = { 0 };
    struct tlv body = tlv_read(in);
    read.body = body.whole;
    read.signature = tlv_expect(in, CVC_SIGNATURE);
    if (read_failed(in) || body.tag != CVC_BODY)
        return CVC_NO_KEY;
    struct reader members = reader_of(body.value);
    int r = read_body(&members, inherited, &read);
    if (!r)
        *out = read;
    return r;
}

int cvc_read_request(struct reader *in, struct cvc_request *out)
{
    struct span whole = in->rest;
    struct tlv certificate = tlv_read(in);
    struct tlv car = tlv_read(in);
    struct span signature = tlv_expect(in, CVC_SIGNATURE);
    if (!read_finished(in) || certificate.tag != CVC_CERTIFICATE || car.tag != CVC_CAR ||
        car.value.size > CVC_NAME_MAX)
        return CVC_NO_KEY;

    struct reader inner = reader_of(certificate.value);
    struct cvc_request read = { .certificate = certificate.whole,
                                .signed_part =
                                    span_part(whole, 0, certificate.whole.size + car.whole.size),
                                .car = car.value,
                                .signature = signature };
    int r = cvc_read(&inner, NULL, &read.inner);
    if (!r && !read_finished(&inner))
        r = CVC_NO_KEY;
    if (!r)
        *out = read;
    return r;
}

int cvc_verify(const struct key_spec *spec, const struct public_part *key, struct span message,
               struct span signature)
{
    const struct key_kind *kind = key_kind_of(spec->type);
    const struct scheme scheme = kind->request_scheme;
    uint8_t bytes[2 * CURVE_FIELD_MAX + 16];
    struct writer der = WRITER_OF(bytes);
    if (!kind->verify)
        return CRYPTO_BAD_SIGNATURE;
    if (spec->type != KEY_EC)
        return kind->verify(spec, key, scheme, message, signature);
    if (signature.size != 2 * curve_field_size(spec->curve))
        return CRYPTO_BAD_SIGNATURE;
    ecdsa_der(signature, &der);
    return kind->verify(spec, key, scheme, message, written(&der));
}
