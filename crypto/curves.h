/* The curves: one row a curve. A Weierstrass curve is added by a row in curves.c and a vector file
 * tests/vectors/curve/NAME.txt; no other code changes (docs/HACKING.md). The Edwards and Montgomery
 * curves of RFC 7748 and RFC 8032 are a table of their own, raw_curves.c: their keys, points and
 * signatures are strings of bytes of which nobody here reads the inside. */
#pragma once

#include "base/bytes.h"

enum curve_form {
    CURVE_WEIERSTRASS, /* ECDSA and ECDH */
    CURVE_EDWARDS,     /* EdDSA */
    CURVE_MONTGOMERY,  /* ECDH of u-coordinates */
};

struct curve {
    const char *name;    /* as people write it: "P-256"; also the name of the vector file */
    const char *library; /* OpenSSL's name: "prime256v1" */
    uint8_t id;          /* what the store holds; never reused, never renumbered */
    uint16_t bits;       /* of the field */
    struct span oid;     /* body of the object identifier */
    enum curve_form form;
};

#define CURVE_FIELD_MAX 66 /* bytes of a coordinate: P-521 */
#define CURVE_POINT_MAX (1 + 2 * CURVE_FIELD_MAX)

/* The Weierstrass curves. */
size_t curve_count(void);
const struct curve *curve_at(size_t index);
/* The others. */
size_t raw_curve_count(void);
const struct curve *raw_curve_at(size_t index);
/* Of either table; NULL when the store or the host names a curve we do not have. */
const struct curve *curve_by_id(uint8_t id);
const struct curve *curve_by_name(const char *name);
/* The curve whose domain parameters these are, as a card-verifiable certificate carries them
 * (TR-03110-3 D.3.3; protocol.md 12.3). All given ones must agree with the same row; where
 * several rows do, as brainpool r1 and t1 do in the prime alone, it is the first. Of an Edwards and
 * a Montgomery curve, which share a prime, the base point tells which. Absent ones have at == NULL. CRYPTO_UNSUPPORTED: no such row. */
struct domain_parameters {
    struct span prime, a, b, generator, order, cofactor;
    /* generator: 04 || x || y; of a raw curve the bytes of the base point, and no a and b */
};
MUST_CHECK int curve_by_parameters(const struct domain_parameters *given, const struct curve **out);
/* Whether the prime is one of a raw curve: such a template is numbered otherwise. */
bool curve_prime_is_raw(struct span prime);
/* Fills the spans with the row's parameters, held in storage (field-size numbers, uncompressed
 * generator). Faults: FAULT_MEMORY, FAULT_LIBRARY. */
struct curve_storage {
    uint8_t bytes[5 * CURVE_FIELD_MAX + CURVE_POINT_MAX + 1];
};
MUST_CHECK int curve_parameters(const struct curve *curve, struct curve_storage *storage,
                                struct domain_parameters *out);
/* Bytes of a coordinate. */
size_t curve_field_size(const struct curve *curve);
