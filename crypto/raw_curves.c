/* The table of Edwards and Montgomery curves (RFC 7748 section 4, RFC 8032 section 5). OpenSSL does
 * not give their parameters, so they are listed here; tests/unit/test_raw_curves.c computes them
 * independently. */
#include "crypto/raw_curves.h"

#include "crypto/ossl.h"

/* Primes and orders, big-endian. */
static const uint8_t prime_25519[] = {
    0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xED,
};
static const uint8_t order_25519[] = {
    0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x14, 0xDE, 0xF9, 0xDE, 0xA2, 0xF7, 0x9C, 0xD6, 0x58, 0x12, 0x63, 0x1A, 0x5C, 0xF5, 0xD3, 0xED,
};
static const uint8_t prime_448[] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};
static const uint8_t order_448[] = {
    0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0x7C, 0xCA, 0x23, 0xE9, 0xC4, 0x4E, 0xDB, 0x49, 0xAE, 0xD6, 0x36, 0x90, 0x21, 0x6C,
    0xC2, 0x72, 0x8D, 0xC5, 0x8F, 0x55, 0x23, 0x78, 0xC2, 0x92, 0xAB, 0x58, 0x44, 0xF3,
};
static const uint8_t cofactor_25519[] = { 8 };
static const uint8_t cofactor_448[] = { 4 };
/* Base points: the u-coordinate 9 or 5, and y with the sign of x, little-endian. */
static const uint8_t base_x25519[32] = { 9 };
static const uint8_t base_x448[56] = { 5 };
static const uint8_t base_ed25519[] = {
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
};
static const uint8_t base_ed448[] = {
    0x14, 0xFA, 0x30, 0xF2, 0x5B, 0x79, 0x08, 0x98, 0xAD, 0xC8, 0xD7, 0x4E, 0x2C, 0x13, 0xBD,
    0xFD, 0xC4, 0x39, 0x7C, 0xE6, 0x1C, 0xFF, 0xD3, 0x3A, 0xD7, 0xC2, 0xA0, 0x05, 0x1E, 0x9C,
    0x78, 0x87, 0x40, 0x98, 0xA3, 0x6C, 0x73, 0x73, 0xEA, 0x4B, 0x62, 0xC7, 0xC9, 0x56, 0x37,
    0x20, 0x76, 0x88, 0x24, 0xBC, 0xB6, 0x6E, 0x71, 0x46, 0x3F, 0x69, 0x00,
};

/* Object identifiers: RFC 8410 section 3. */
static const uint8_t oid_x25519[] = { 0x2B, 0x65, 0x6E };
static const uint8_t oid_x448[] = { 0x2B, 0x65, 0x6F };
static const uint8_t oid_ed25519[] = { 0x2B, 0x65, 0x70 };
static const uint8_t oid_ed448[] = { 0x2B, 0x65, 0x71 };

#define BYTES(array)                                                                               \
    {                                                                                              \
        (array), sizeof(array)                                                                     \
    }

static const struct raw_curve {
    struct curve curve;
    struct domain_parameters parameters;
    size_t key_size;
} rows[] = {
    { { "Ed25519", "ED25519", 14, 255, BYTES(oid_ed25519), CURVE_EDWARDS },
      { .prime = BYTES(prime_25519),
        .order = BYTES(order_25519),
        .generator = BYTES(base_ed25519),
        .cofactor = BYTES(cofactor_25519) },
      32 },
    { { "X25519", "X25519", 15, 255, BYTES(oid_x25519), CURVE_MONTGOMERY },
      { .prime = BYTES(prime_25519),
        .order = BYTES(order_25519),
        .generator = BYTES(base_x25519),
        .cofactor = BYTES(cofactor_25519) },
      32 },
    { { "Ed448", "ED448", 16, 448, BYTES(oid_ed448), CURVE_EDWARDS },
      { .prime = BYTES(prime_448),
        .order = BYTES(order_448),
        .generator = BYTES(base_ed448),
        .cofactor = BYTES(cofactor_448) },
      57 },
    { { "X448", "X448", 17, 448, BYTES(oid_x448), CURVE_MONTGOMERY },
      { .prime = BYTES(prime_448),
        .order = BYTES(order_448),
        .generator = BYTES(base_x448),
        .cofactor = BYTES(cofactor_448) },
      56 },
};

size_t raw_curve_count(void)
{
    return COUNT_OF(rows);
}

const struct curve *raw_curve_at(size_t index)
{
    return index < COUNT_OF(rows) ? &rows[index].curve : NULL;
}

static const struct raw_curve *row_of(const struct curve *curve)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (&rows[i].curve == curve)
            return &rows[i];
    return NULL;
}

const struct domain_parameters *raw_curve_parameters(const struct curve *curve)
{
    const struct raw_curve *row = row_of(curve);
    return row ? &row->parameters : NULL;
}

size_t raw_curve_key_size(const struct curve *curve)
{
    const struct raw_curve *row = row_of(curve);
    return row ? row->key_size : 0;
}

/* --- Recognising --- */

static struct span without_trailing_zeros(struct span number)
{
    while (number.size && span_is_zero(span_part(number, number.size - 1, 1)))
        number = span_part(number, 0, number.size - 1);
    return number;
}

/* Some write no zeros in front of a number, or only the bytes of a coordinate that count. */
static bool same_number(struct span given, struct span ours)
{
    return span_equal(without_leading_zeros(given), without_leading_zeros(ours));
}

static bool same_point(struct span given, struct span ours)
{
    return span_equal(without_trailing_zeros(given), without_trailing_zeros(ours));
}

static bool agrees(struct span given, struct span ours)
{
    return !given.at || same_number(given, ours);
}

bool raw_curve_has(const struct curve *curve, const struct domain_parameters *given)
{
    const struct domain_parameters *ours = raw_curve_parameters(curve);
    return ours && given->prime.at && given->generator.at && !given->a.size && !given->b.size &&
           same_number(given->prime, ours->prime) && agrees(given->order, ours->order) &&
           agrees(given->cofactor, ours->cofactor) && same_point(given->generator, ours->generator);
}

bool curve_prime_is_raw(struct span prime)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (same_number(prime, rows[i].parameters.prime))
            return true;
    return false;
}
