/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a Weierstrass curve come from OpenSSL's group of that name;
 * tests/unit/test_curves.c compares them with the curve's vector file. */
#include "crypto/curve_parameters.h"

#include "crypto/crypto.h"
#include "crypto/fetch.h"
#include "crypto/raw_curves.h"

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

/* --- Recognising --- */

static struct span without_trailing_zeros(struct span number)
{
    while (number.size && span_is_zero(span_part(number, number.size - 1, 1)))
        number = span_part(number, 0, number.size - 1);
    return number;
}

/* Compares as numbers, since some certificates pad a small coefficient to the field's size, and
 * others write no zeros in front. */
static bool same_number(struct span given, struct span ours)
{
    return span_equal(without_leading_zeros(given), without_leading_zeros(ours));
}

/* Some write only the bytes of a coordinate that count. */
static bool same_point(struct span given, struct span ours)
{
    return span_equal(without_trailing_zeros(given), without_trailing_zeros(ours));
}

static bool agrees(struct span given, struct span ours)
{
    return !given.at || same_number(given, ours);
}

static bool raw_curve_has(const struct curve *curve, const struct domain_parameters *given)
{
    const struct domain_parameters *ours = raw_curve_parameters(curve);
    return ours && given->prime.at && given->generator.at && !given->a.size && !given->b.size &&
           same_number(given->prime, ours->prime) && agrees(given->order, ours->order) &&
           agrees(given->cofactor, ours->cofactor) && same_point(given->generator, ours->generator);
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
    const struct curve *curve;
    for (size_t i = 0; given->prime.at && (curve = any_curve_at(i)); i++) {
        int result = has_parameters(curve, given, &found);
        if (result)
            return result;
        if (found) {
            *out = curve;
            return 0;
        }
    }
    return CRYPTO_UNSUPPORTED;
}

bool curve_prime_is_raw(struct span prime)
{
    for (size_t i = 0; i < raw_curve_count(); i++)
        if (same_number(prime, raw_curve_parameters(raw_curve_at(i))->prime))
            return true;
    return false;
}
