/* SPDX-License-Identifier: Apache-2.0 */
/* The two tables of curves. */
#include "crypto/curves.h"

#include <string.h>

#include "base/scope.h"

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

/* Object identifiers: RFC 8410 section 3. */
static const struct curve raw_curves[] = {
    { "Ed25519", "ED25519", 14, 255, OID(0x2B, 0x65, 0x70), CURVE_EDWARDS },
    { "X25519", "X25519", 15, 255, OID(0x2B, 0x65, 0x6E), CURVE_MONTGOMERY },
    { "Ed448", "ED448", 16, 448, OID(0x2B, 0x65, 0x71), CURVE_EDWARDS },
    { "X448", "X448", 17, 448, OID(0x2B, 0x65, 0x6F), CURVE_MONTGOMERY },
};

size_t curve_count(void)
{
    return COUNT_OF(curves);
}

const struct curve *curve_at(size_t index)
{
    return index < COUNT_OF(curves) ? &curves[index] : NULL;
}

size_t raw_curve_count(void)
{
    return COUNT_OF(raw_curves);
}

const struct curve *raw_curve_at(size_t index)
{
    return index < COUNT_OF(raw_curves) ? &raw_curves[index] : NULL;
}

const struct curve *any_curve_at(size_t index)
{
    return index < COUNT_OF(curves) ? &curves[index] : raw_curve_at(index - COUNT_OF(curves));
}

const struct curve *curve_by_id(uint8_t id)
{
    const struct curve *curve;
    for (size_t i = 0; (curve = any_curve_at(i)); i++)
        if (curve->id == id)
            return curve;
    return NULL;
}

const struct curve *curve_by_name(const char *name)
{
    const struct curve *curve;
    for (size_t i = 0; (curve = any_curve_at(i)); i++)
        if (strcmp(curve->name, name) == 0)
            return curve;
    return NULL;
}

size_t curve_field_size(const struct curve *curve)
{
    return (curve->bits + 7u) / 8;
}
