/* A public key out of what people keep it in: an X.509 certificate or a SubjectPublicKeyInfo, in
 * PEM or DER. Nothing of a certificate is verified. */
#pragma once

#include "crypto/crypto.h"

struct public_file {
    uint8_t modulus[1024], exponent[64], point[CURVE_POINT_MAX];
    struct public_part part; /* borrowed from the above */
};
/* CRYPTO_BAD_KEY: there is none in it, or none of a kind that cards have. FAULT_MEMORY,
 * FAULT_LIBRARY. */
MUST_CHECK int public_file_read(struct span bytes, struct public_file *out);
