/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the bodies of card-verifiable certificates; cvc_read.c reads them. */
#include "formats/cvc.h"

#include <time.h>

#include "base/tlv.h"
#include "crypto/curve_parameters.h"
#include "formats/cvc_parts.h"

static void write_rsa_key(const struct public_part *key, struct writer *out)
{
    tlv_write(out, CVC_OID, cvc_oid_rsa);
    tlv_write(out, RSA_MODULUS, key->modulus);
    tlv_write(out, RSA_EXPONENT, key->exponent);
}

/* Writes an EC key: with its public point, or without one in a template for a key that is not made
 * yet. */
static int write_curve(const struct curve *curve, struct span point, struct writer *out)
{
    struct curve_storage storage;
    struct domain_parameters domain;
    int r = curve_parameters(curve, &storage, &domain);
    if (r)
        return r;
    tlv_write(out, EC_PRIME, domain.prime);
    tlv_write(out, EC_A, domain.a);
    tlv_write(out, EC_B, domain.b);
    tlv_write(out, EC_GENERATOR, domain.generator);
    tlv_write(out, EC_ORDER, domain.order);
    if (point.at)
        tlv_write(out, EC_POINT, point);
    tlv_write(out, EC_COFACTOR, domain.cofactor);
    return 0;
}

/* Writes a key on an Edwards or Montgomery curve, with or without its public key. */
static int write_raw_curve(const struct curve *curve, struct span point, struct writer *out)
{
    struct curve_storage storage;
    struct domain_parameters domain;
    int r = curve_parameters(curve, &storage, &domain);
    if (r)
        return r;
    tlv_write(out, RAW_PRIME, domain.prime);
    tlv_write(out, RAW_ORDER, domain.order);
    tlv_write(out, RAW_BASE, domain.generator);
    if (point.at)
        tlv_write(out, RAW_POINT, point);
    return 0;
}

static int write_point(const struct key_spec *spec, struct span point, struct writer *out)
{
    tlv_write(out, CVC_OID, cvc_oid_ecdsa);
    return spec->type == KEY_EC ? write_curve(spec->curve, point, out)
                                : write_raw_curve(spec->curve, point, out);
}

/* Writes an EC key without domain parameters: it is on its issuer's curve. */
static void write_bare_point(struct span point, struct writer *out)
{
    tlv_write(out, CVC_OID, cvc_oid_ecdsa);
    tlv_write(out, EC_POINT, point);
}

static void write_rsa_template(const struct key_spec *spec, struct writer *out)
{
    uint8_t bytes[2];
    struct writer bits = WRITER_OF(bytes);
    write_u16(&bits, spec->bits);
    tlv_write(out, CVC_OID, cvc_oid_rsa);
    tlv_write(out, RSA_SIZE, written(&bits)); /* the exponent is the usual one */
}

int cvc_write_key_template(const struct key_spec *spec, struct writer *out)
{
    int r = 0;
    struct tlv_mark key = tlv_open(out, CVC_PUBLIC_KEY);
    if (spec->type == KEY_RSA)
        write_rsa_template(spec, out);
    else
        r = write_point(spec, (struct span){ 0 }, out);
    tlv_close(out, key);
    return r;
}

static int write_public_key(const struct cvc_body *body, struct writer *out)
{
    int r = 0;
    struct tlv_mark key = tlv_open(out, CVC_PUBLIC_KEY);
    if (body->spec->type == KEY_RSA)
        write_rsa_key(&body->key, out);
    else if (body->domain_parameters || body->spec->type != KEY_EC)
        r = write_point(body->spec, body->key.point, out);
    else
        write_bare_point(body->key.point, out);
    tlv_close(out, key);
    return r;
}

uint32_t cvc_day(uint64_t time_ms)
{
    struct tm day = { 0 };
    time_t seconds = (time_t)(time_ms / 1000);
    gmtime_r(&seconds, &day);
    return (uint32_t)(day.tm_year % 100 * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday);
}

bool cvc_is_valid(struct cvc_dates dates, uint32_t today)
{
    return dates.effective <= today && today <= dates.expiration;
}

struct cvc_dates cvc_common_dates(struct cvc_dates a, struct cvc_dates b)
{
    return (struct cvc_dates){
        .effective = a.effective > b.effective ? a.effective : b.effective,
        .expiration = a.expiration < b.expiration ? a.expiration : b.expiration,
    };
}

/* Six bytes, one decimal digit each: YYMMDD (TR-03110-3 D.2.1.3). */
static void write_date(struct writer *out, enum cvc_tag tag, uint64_t time_ms)
{
    uint32_t day = cvc_day(time_ms);
    struct tlv_mark date = tlv_open(out, tag);
    for (uint32_t unit = 100000; unit; unit /= 10)
        write_u8(out, (uint8_t)(day / unit % 10));
    tlv_close(out, date);
}

static void write_authorisation(struct writer *out, enum cvc_role role)
{
    struct tlv_mark chat = tlv_open(out, CVC_CHAT);
    tlv_write(out, CVC_OID, cvc_oid_authorisation);
    tlv_write_u8(out, CVC_ROLE, (uint8_t)role);
    tlv_close(out, chat);
}

static void write_extension(struct writer *out, struct span oid, struct span value)
{
    struct tlv_mark all = tlv_open(out, CVC_EXTENSIONS);
    struct tlv_mark one = tlv_open(out, CVC_EXTENSION);
    tlv_write(out, CVC_OID, oid);
    tlv_write(out, CVC_EXTENSION_VALUE, value);
    tlv_close(out, one);
    tlv_close(out, all);
}

/* The order of the members, which OpenSC and sc-hsm-embedded require. */
int cvc_write_body(const struct cvc_body *body, struct writer *out)
{
    struct tlv_mark mark = tlv_open(out, CVC_BODY);
    tlv_write_u8(out, CVC_PROFILE, 0);
    if (body->car.at)
        tlv_write(out, CVC_CAR, body->car);
    int r = write_public_key(body, out);
    tlv_write(out, CVC_CHR, body->chr);
    if (!body->request) {
        write_authorisation(out, body->role);
        write_date(out, CVC_EFFECTIVE, body->effective_ms);
        write_date(out, CVC_EXPIRATION, body->expiration_ms);
    }
    if (body->group.at)
        write_extension(out, cvc_oid_group, body->group);
    tlv_close(out, mark);
    return r;
}

/* --- Who holds it --- */

struct span cvc_holder(struct span certificates)
{
    struct reader in = reader_of(certificates);
    struct reader certificate = tlv_enter(&in, CVC_CERTIFICATE);
    struct reader body = tlv_enter(&certificate, CVC_BODY);
    struct span holder = { 0 };
    if (!tlv_find(&body, CVC_CHR, &holder))
        return (struct span){ 0 };
    return holder;
}

struct span cvc_serial(struct span holder)
{
    enum { SEQUENCE_DIGITS = 5 };
    size_t size = holder.size > SEQUENCE_DIGITS ? holder.size - SEQUENCE_DIGITS : 0;
    return span_part(holder, 0, size);
}
