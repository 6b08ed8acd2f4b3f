/* The table of Weierstrass curves. The parameters of a curve come from OpenSSL's group of that
 * name; tests/unit/test_curves.c compares them with the curve's vector file. */
#include "crypto/curves.h"

#include <string.h>

#include "crypto/ossl.h"
#include "crypto/raw_curves.h"

#define OID(...)                                                                                   \
    {                                                                                              \
        (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })                 \
    }

/* The object identifiers' bodies, in X.690 8.19 form. */
static const struct curve curves[] = {
    { "P-256", "prime256v1", 1, 256, OID(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07) },
    { "brainpoolP256r1", "brainpoolP256r1", 2, 256,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07) },
    { "P-384", "secp384r1", 3, 384, OID(0x2B, 0x81, 0x04, 0x00, 0x22) },
    { "P-192", "prime192v1", 4, 192, OID(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x01) },
    { "P-224", "secp224r1", 5, 224, OID(0x2B, 0x81, 0x04, 0x00, 0x21) },
    { "P-521", "secp521r1", 6, 521, OID(0x2B, 0x81, 0x04, 0x00, 0x23) },
    { "brainpoolP192r1", "brainpoolP192r1", 7, 192,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x03) },
    { "brainpoolP224r1", "brainpoolP224r1", 8, 224,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x05) },
    { "brainpoolP320r1", "brainpoolP320r1", 9, 320,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09) },
    { "brainpoolP384r1", "brainpoolP384r1", 10, 384,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0B) },
    { "brainpoolP512r1", "brainpoolP512r1", 11, 512,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0D) },
    { "secp192k1", "secp192k1", 12, 192, OID(0x2B, 0x81, 0x04, 0x00, 0x1F) },
    { "secp256k1", "secp256k1", 13, 256, OID(0x2B, 0x81, 0x04, 0x00, 0x0A) },
    { "brainpoolP192t1", "brainpoolP192t1", 18, 192,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x04) },
    { "brainpoolP224t1", "brainpoolP224t1", 19, 224,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x06) },
    { "brainpoolP256t1", "brainpoolP256t1", 20, 256,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x08) },
    { "brainpoolP320t1", "brainpoolP320t1", 21, 320,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0A) },
    { "brainpoolP384t1", "brainpoolP384t1", 22, 384,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0C) },
    { "brainpoolP512t1", "brainpoolP512t1", 23, 512,
      OID(0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0E) },
};

size_t curve_count(void)
{
    return COUNT_OF(curves);
}

const struct curve *curve_at(size_t index)
{
    return index < COUNT_OF(curves) ? &curves[index] : NULL;
}

/* Of both tables. */
static size_t row_count(void)
{
    return COUNT_OF(curves) + raw_curve_count();
}

static const struct curve *row_at(size_t index)
{
    return index < COUNT_OF(curves) ? &curves[index] : raw_curve_at(index - COUNT_OF(curves));
}

const struct curve *curve_by_id(uint8_t id)
{
    for (size_t i = 0; i < row_count(); i++)
        if (row_at(i)->id == id)
            return row_at(i);
    return NULL;
}

const struct curve *curve_by_name(const char *name)
{
    for (size_t i = 0; i < row_count(); i++)
        if (strcmp(row_at(i)->name, name) == 0)
            return row_at(i);
    return NULL;
}

size_t curve_field_size(const struct curve *curve)
{
    return (curve->bits + 7u) / 8;
}

/* --- Domain parameters --- */

/* A curve's parameters as OpenSSL holds them. */
struct numbers {
    BIGNUM *p, *a, *b;
};

static void numbers_end(struct numbers *numbers)
{
    BN_free(numbers->p);
    BN_free(numbers->a);
    BN_free(numbers->b);
}

static struct span put_number(struct writer *out, const BIGNUM *number, size_t size)
{
    uint8_t *room = write_room(out, size);
    if (!room || !number || BN_bn2binpad(number, room, (int)size) < 0)
        return (struct span){ 0 };
    return span_of(room, size);
}

static struct span put_generator(struct writer *out, const EC_GROUP *group, size_t field)
{
    size_t size = 1 + 2 * field;
    uint8_t *room = write_room(out, size);
    if (!room || EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
                                    POINT_CONVERSION_UNCOMPRESSED, room, size, NULL) != size)
        return (struct span){ 0 };
    return span_of(room, size);
}

static bool complete(const struct domain_parameters *p)
{
    return p->prime.at && p->a.at && p->b.at && p->generator.at && p->order.at && p->cofactor.at;
}

static int library_parameters(const struct curve *curve, struct curve_storage *storage,
                              struct domain_parameters *out)
{
    const EC_GROUP *group = ossl_group(curve);
    size_t field = curve_field_size(curve);
    SCOPED(numbers_end) struct numbers numbers = { BN_new(), BN_new(), BN_new() };
    if (!group || !numbers.p || !numbers.a || !numbers.b ||
        EC_GROUP_get_curve(group, numbers.p, numbers.a, numbers.b, NULL) != 1)
        return ossl_failure(curve->name);

    struct writer bytes = WRITER_OF(storage->bytes);
    struct domain_parameters parameters = {
        .prime = put_number(&bytes, numbers.p, field),
        .a = put_number(&bytes, numbers.a, field),
        .b = put_number(&bytes, numbers.b, field),
        .generator = put_generator(&bytes, group, field),
        .order = put_number(&bytes, EC_GROUP_get0_order(group), field),
        .cofactor = put_number(&bytes, EC_GROUP_get0_cofactor(group), 1),
    };
    if (!complete(&parameters))
        return ossl_failure(curve->name);
    *out = parameters;
    return 0;
}

int curve_parameters(const struct curve *curve, struct curve_storage *storage,
                     struct domain_parameters *out)
{
    const struct domain_parameters *raw = raw_curve_parameters(curve);
    if (!raw)
        return library_parameters(curve, storage, out);
    *out = *raw;
    return 0;
}

/* Compares parameters as numbers, since some certificates pad a small coefficient to the field's
 * size and others do not. */
static bool agrees(struct span given, struct span ours)
{
    return !given.at || span_equal(without_leading_zeros(given), without_leading_zeros(ours));
}

static int has_parameters(const struct curve *curve, const struct domain_parameters *given,
                          bool *out)
{
    struct curve_storage storage;
    struct domain_parameters ours;
    if (curve->form != CURVE_WEIERSTRASS) {
        *out = raw_curve_has(curve, given);
        return 0;
    }
    int result = curve_parameters(curve, &storage, &ours);
    if (!result)
        *out = agrees(given->prime, ours.prime) && agrees(given->a, ours.a) &&
               agrees(given->b, ours.b) && agrees(given->generator, ours.generator) &&
               agrees(given->order, ours.order) && agrees(given->cofactor, ours.cofactor);
    return result;
}

int curve_by_parameters(const struct domain_parameters *given, const struct curve **out)
{
    bool found = false;
    for (size_t i = 0; given->prime.at && i < row_count(); i++) {
        int result = has_parameters(row_at(i), given, &found);
        if (result)
            return result;
        if (found) {
            *out = row_at(i);
            return 0;
        }
    }
    return CRYPTO_UNSUPPORTED;
}
