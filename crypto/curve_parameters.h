/* SPDX-License-Identifier: Apache-2.0 */
/* The domain parameters of the curves, and the curve that has given ones. */
#pragma once

#include "crypto/curves.h"

/* Finds the curve with these domain parameters. All parameters given must agree with the same row;
 * the prime is required. When several rows agree (brainpool r1 and t1 have the same prime), the
 * first one is chosen; an Edwards and a Montgomery curve with the same prime differ in the base
 * point. CRYPTO_UNSUPPORTED: no row agrees. */
MUST_CHECK int curve_by_parameters(const struct domain_parameters *given, const struct curve **out);
/* Whether the prime is that of an Edwards or Montgomery curve: the members of such a key template
 * have other tags (protocol.md 12.3). */
bool curve_prime_is_raw(struct span prime);
/* Gives the curve's domain parameters: numbers of the field's size and an uncompressed generator,
 * all borrowed from storage. Faults: FAULT_MEMORY, FAULT_LIBRARY. */
struct curve_storage {
    uint8_t bytes[5 * CURVE_FIELD_MAX + CURVE_POINT_MAX + 1];
};
MUST_CHECK int curve_parameters(const struct curve *curve, struct curve_storage *storage,
                                struct domain_parameters *out);
