/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: builds and reads keys of OpenSSL. */
#pragma once

#include "crypto/crypto.h"
#include "crypto/ossl.h"

/* --- Keys from parts and back --- */

/* A number from big-endian bytes, which OpenSSL uses in constant time and clears when it is freed;
 * NULL when there is no memory. */
BIGNUM *ossl_secret_number(struct span bytes);
/* Builds a key of this algorithm ("RSA", "EC") from parameters. selection: EVP_PKEY_KEYPAIR or
 * EVP_PKEY_PUBLIC_KEY. The caller has checked the parameters, so a refusal is a fault. */
MUST_CHECK int ossl_key_from(const char *algorithm, int selection, OSSL_PARAM_BLD *parts,
                             EVP_PKEY **out);
/* Reads a number of a key, of at most size bytes (size is at most RSA_BYTES_MAX), for the caller to
 * free; OpenSSL uses it in constant time and clears it then. */
MUST_CHECK int ossl_read_part(const EVP_PKEY *key, const char *part, size_t size, BIGNUM **out);
/* Writes a number of a key (at most RSA_BYTES_MAX bytes) as material holds it: a 16-bit length, and
 * the number left-padded with zeros to size. */
MUST_CHECK int ossl_write_part(const EVP_PKEY *key, const char *part, size_t size,
                               struct writer *out);
/* --- Live keys --- */

/* A context that is kept for the scheme it was last used with, so that repeated signatures do not
 * pay for its preparation. */
struct prepared {
    EVP_PKEY_CTX *context; /* NULL: not prepared */
    struct scheme scheme;
};

struct live_key {
    EVP_PKEY *pkey;
    struct prepared sign, decipher;
    size_t size;               /* RSA: bytes of the modulus; EC: bytes of a coordinate */
    const struct curve *curve; /* EC only */
    BIGNUM *scalar;            /* EC only: the private key */
    bool seeded;               /* RSA only: `seed` is filled in */
    uint8_t secret[32];        /* AES only: the key, of `size` bytes */
    uint8_t seed[SHA256_SIZE]; /* RSA only: seed of implicit rejection (rejection.h), computed when
                                  first needed */
};

/* An empty live key; NULL when there is no memory. */
struct live_key *live_key_new(void);
