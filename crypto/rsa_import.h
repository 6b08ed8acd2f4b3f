/* Private to crypto/: an RSA key from elsewhere. */
#pragma once

#include "crypto/ossl.h"

/* Its numbers, all of them; freed and cleared by rsa_numbers_end(). */
struct rsa_numbers {
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qinv;
};
void rsa_numbers_end(struct rsa_numbers *numbers);

/* Works out what the parts leave out: the factors and what follows from them when p is absent, or
 * d, which is always made anew as the inverse of e modulo lcm(p - 1, q - 1), whatever multiple the
 * other side had: copies of a key must agree in it (rejection.h). Whether the numbers make a key is
 * not looked at any further. CRYPTO_BAD_KEY: they do not factor, or e has no inverse. FAULT_STOPPED.
 */
MUST_CHECK int rsa_complete(const struct key_parts *parts, const struct patience *patience,
                            struct rsa_numbers *out);
