/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: completes the numbers of an RSA key that was made elsewhere. */
#pragma once

#include "crypto/ossl_key.h"

/* All numbers of an RSA key; rsa_numbers_end() clears and frees them. */
struct rsa_numbers {
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qinv;
};
void rsa_numbers_end(struct rsa_numbers *numbers);

/* Computes the numbers that the parts leave out: without p, the factors and what follows from them.
 * d is always computed anew as the inverse of e modulo lcm(p - 1, q - 1), even if another valid d
 * was given, since copies of a key must have the same d (rejection.h). Does not check further that
 * the numbers make a key. CRYPTO_BAD_KEY: n cannot be factored with e and d, or e has no inverse.
 * FAULT_STOPPED. */
MUST_CHECK int rsa_complete(const struct key_parts *parts, const struct patience *patience,
                            struct rsa_numbers *out);
