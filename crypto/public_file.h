/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a public key from a file: an X.509 certificate or a SubjectPublicKeyInfo, in PEM or DER.
 * Nothing in a certificate is verified. */
#pragma once

#include "crypto/crypto.h"

struct public_file {
    uint8_t modulus[1024], exponent[64], point[CURVE_POINT_MAX];
    struct public_part part; /* points into the members above */
};
/* CRYPTO_BAD_KEY: the bytes hold no public key, or one of a kind that cards do not have.
 * FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int public_file_read(struct span bytes, struct public_file *out);
