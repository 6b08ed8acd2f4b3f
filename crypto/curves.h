/* SPDX-License-Identifier: Apache-2.0 */
/* The elliptic curves, in two tables of one row each. A Weierstrass curve is added by a row in
 * curves.c and a vector file tests/vectors/curve/NAME.txt; no other code changes (docs/HACKING.md).
 * The keys, points and signatures on the Edwards and Montgomery curves of RFC 7748 and RFC 8032 are
 * byte strings that only OpenSSL interprets; raw_curves.c has their parameters. */
#pragma once

#include "base/bytes.h"

enum curve_form {
    CURVE_WEIERSTRASS, /* ECDSA and ECDH */
    CURVE_EDWARDS,     /* EdDSA */
    CURVE_MONTGOMERY,  /* ECDH of u-coordinates */
};

struct curve {
    const char *name;    /* the usual name: "P-256"; also the name of the vector file */
    const char *library; /* OpenSSL's name: "prime256v1" */
    uint8_t id;          /* stored in the store, so never reused or renumbered */
    uint16_t bits;       /* bits of a field element */
    struct span oid;     /* value of the object identifier, without tag and length */
    enum curve_form form;
};

#define CURVE_FIELD_MAX 66 /* bytes of a coordinate: P-521 */
#define CURVE_POINT_MAX (1 + 2 * CURVE_FIELD_MAX)

/* The Weierstrass curves. */
size_t curve_count(void);
const struct curve *curve_at(size_t index);
/* The Edwards and Montgomery curves. */
size_t raw_curve_count(void);
const struct curve *raw_curve_at(size_t index);
/* Both tables, one after the other; NULL beyond their end. */
const struct curve *any_curve_at(size_t index);
/* A curve of either table; NULL when the store or the host names an unknown one. */
const struct curve *curve_by_id(uint8_t id);
const struct curve *curve_by_name(const char *name);
/* Size of a coordinate in bytes. */
size_t curve_field_size(const struct curve *curve);

/* A curve's domain parameters, as card-verifiable certificates hold them (TR-03110-3 D.3.3;
 * protocol.md 12.3). Absent parameters have at == NULL. */
struct domain_parameters {
    struct span prime, a, b, generator, order, cofactor;
    /* generator: 04 || x || y; for Edwards and Montgomery curves the encoded base point, and a and
     * b are absent */
};
