/* Card-verifiable certificates: the body, and the key template that GENERATE takes. */
#include "formats/cvc.h"

#include <time.h>

#include "base/tlv.h"

/* id-TA-RSA-v1-5-SHA-256 and id-TA-ECDSA-SHA-256, TR-03110-3 A.6.4. */
static const uint8_t oid_rsa[] = { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 };
static const uint8_t oid_ecdsa[] = { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 };
/* The holder authorisation of this family: 1.3.6.1.4.1.24991.3.1.1. */
static const uint8_t oid_chat[] = {
    0x2B, 0x06, 0x01, 0x04, 0x01, 0x81, 0xC3, 0x1F, 0x03, 0x01, 0x01
};

#define TAG_OID 0x06

/* Components of a public key object; RSA and EC number theirs independently. */
enum { RSA_MODULUS = 0x81, RSA_EXPONENT = 0x82, RSA_SIZE = 0x02 };
enum {
    EC_PRIME = 0x81,
    EC_A = 0x82,
    EC_B = 0x83,
    EC_GENERATOR = 0x84,
    EC_ORDER = 0x85,
    EC_POINT = 0x86,
    EC_COFACTOR = 0x87,
};

static void write_rsa_key(const struct public_part *key, struct writer *out)
{
    tlv_write(out, TAG_OID, SPAN_OF(oid_rsa));
    tlv_write(out, RSA_MODULUS, key->modulus);
    tlv_write(out, RSA_EXPONENT, key->exponent);
}

static int write_ec_key(const struct cvc_body *body, struct writer *out)
{
    tlv_write(out, TAG_OID, SPAN_OF(oid_ecdsa));
    if (!body->domain_parameters) {
        tlv_write(out, EC_POINT, body->key.point);
        return 0;
    }

    struct curve_storage storage;
    struct domain_parameters domain;
    int r = curve_parameters(body->spec->curve, &storage, &domain);
    if (r)
        return r;
    tlv_write(out, EC_PRIME, domain.prime);
    tlv_write(out, EC_A, domain.a);
    tlv_write(out, EC_B, domain.b);
    tlv_write(out, EC_GENERATOR, domain.generator);
    tlv_write(out, EC_ORDER, domain.order);
    tlv_write(out, EC_POINT, body->key.point);
    tlv_write(out, EC_COFACTOR, domain.cofactor);
    return 0;
}

static int write_public_key(const struct cvc_body *body, struct writer *out)
{
    int r = 0;
    struct tlv_mark key = tlv_open(out, CVC_PUBLIC_KEY);
    if (body->spec->type == KEY_RSA)
        write_rsa_key(&body->key, out);
    else
        r = write_ec_key(body, out);
    tlv_close(out, key);
    return r;
}

/* Six bytes, one decimal digit each: YYMMDD (TR-03110-3 D.2.1.3). */
static void write_date(struct writer *out, enum cvc_tag tag, uint64_t time_ms)
{
    struct tm day = { 0 };
    time_t seconds = (time_t)(time_ms / 1000);
    gmtime_r(&seconds, &day);
    const int parts[] = { day.tm_year % 100, day.tm_mon + 1, day.tm_mday };

    struct tlv_mark date = tlv_open(out, tag);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        write_u8(out, (uint8_t)(parts[i] / 10));
        write_u8(out, (uint8_t)(parts[i] % 10));
    }
    tlv_close(out, date);
}

static void write_authorisation(struct writer *out, enum cvc_role role)
{
    struct tlv_mark chat = tlv_open(out, CVC_CHAT);
    tlv_write(out, TAG_OID, SPAN_OF(oid_chat));
    tlv_write_u8(out, 0x53, (uint8_t)role);
    tlv_close(out, chat);
}

/* OpenSC and sc-hsm-embedded want exactly this order. */
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
    tlv_close(out, mark);
    return r;
}

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

static int read_ec_template(struct reader *in, struct key_spec *out)
{
    struct domain_parameters given;
    tlv_read_members(in, { EC_PRIME, 1, CURVE_FIELD_MAX, true, &given.prime },
                     { EC_A, 1, CURVE_FIELD_MAX, false, &given.a },
                     { EC_B, 1, CURVE_FIELD_MAX, false, &given.b },
                     { EC_GENERATOR, 1, CURVE_POINT_MAX, false, &given.generator },
                     { EC_ORDER, 1, CURVE_FIELD_MAX, false, &given.order },
                     { EC_COFACTOR, 1, 1, false, &given.cofactor });
    const struct curve *curve = NULL;
    int r = read_failed(in) ? CVC_NO_KEY : curve_by_parameters(&given, &curve);
    if (!r)
        *out = (struct key_spec){ .type = KEY_EC, .bits = curve->bits, .curve = curve };
    return r;
}

int cvc_read_key_template(struct reader *in, struct key_spec *out)
{
    struct key_spec spec = { 0 };
    struct span oid = tlv_expect(in, TAG_OID);
    int r = CVC_NO_KEY;
    if (span_equal(oid, SPAN_OF(oid_rsa)))
        r = read_rsa_template(in, &spec);
    else if (span_equal(oid, SPAN_OF(oid_ecdsa)))
        r = read_ec_template(in, &spec);
    if (r < 0)
        return r;
    if (r || !read_finished(in))
        return CVC_NO_KEY;
    *out = spec;
    return 0;
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
