/* The table of curves: one row a curve. A Weierstrass curve is added by a row in curves.c and a
 * vector file tests/vectors/curve/NAME.txt; no other code changes (docs/HACKING.md). */
#pragma once

#include "base/bytes.h"

struct curve {
    const char *name;    /* as people write it: "P-256"; also the name of the vector file */
    const char *library; /* OpenSSL's group name: "prime256v1" */
    uint8_t id;          /* what the store holds; never reused, never renumbered */
    uint16_t bits;       /* of the field */
    struct span oid;     /* body of the object identifier */
};

#define CURVE_FIELD_MAX 66 /* bytes of a coordinate: P-521 */
#define CURVE_POINT_MAX (1 + 2 * CURVE_FIELD_MAX)

size_t curve_count(void);
const struct curve *curve_at(size_t index);
/* NULL when the store or the host names a curve we do not have. */
const struct curve *curve_by_id(uint8_t id);
const struct curve *curve_by_name(const char *name);
/* The curve whose domain parameters these are, as a card-verifiable certificate carries them
 * (TR-03110-3 D.3.3). All given ones must agree with the same row; the prime alone identifies it.
 * Absent ones have at == NULL. CRYPTO_UNSUPPORTED: no such row. */
struct domain_parameters {
    struct span prime, a, b, generator /* 04 || x || y */, order, cofactor;
};
MUST_CHECK int curve_by_parameters(const struct domain_parameters *given, const struct curve **out);
/* Fills the spans with the row's parameters, held in storage (field-size numbers, uncompressed
 * generator). Faults: FAULT_MEMORY, FAULT_LIBRARY. */
struct curve_storage {
    uint8_t bytes[5 * CURVE_FIELD_MAX + CURVE_POINT_MAX + 1];
};
MUST_CHECK int curve_parameters(const struct curve *curve, struct curve_storage *storage,
                                struct domain_parameters *out);
/* Bytes of a coordinate. */
size_t curve_field_size(const struct curve *curve);
