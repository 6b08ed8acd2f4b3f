/* SPDX-License-Identifier: Apache-2.0 */
/* What the model computes for itself, with OpenSSL and nothing of the card's: numbers of curves,
 * signatures, agreements, ciphers, and wrapped keys (protocol.md 7.1 and 8.5). */
#pragma once

#include <openssl/evp.h>

#include "base/bytes.h"

#define POINT_MAX  133
#define KEK_BYTES  32
#define HASH_BYTES 32
#define BLOB_MAX   1024

void truth_sha256(struct span bytes, uint8_t out[HASH_BYTES]);

/* --- Elliptic curves --- */

struct group {
    const char *name; /* OpenSSL's */
    size_t size;      /* bytes of a coordinate */
};
extern const struct group truth_groups[];
extern const size_t truth_group_count;

/* The template 7F49 of GENERATE ASYMMETRIC KEY PAIR: everything but the header. */
void truth_ec_template(const struct group *group, struct writer *out);
/* scalar times the point, or times the generator where point.size is 0; then plus `add` times the
 * generator, where add.size is not 0. False: there is no such point. */
bool truth_multiply(const struct group *group, struct span scalar, struct span point,
                    struct span add, struct writer *out);
/* A public key from 04 || x || y; NULL: no point. */
EVP_PKEY *truth_ec_public(const struct group *group, struct span point);
/* Of a DER signature, over the hash; or over the message, hashed. */
bool truth_ecdsa(EVP_PKEY *key, struct span hash, struct span signature);
/* digest: OpenSSL's name, NULL for a hash that is given. */
void truth_digest(const char *digest, struct span message, struct writer *out);
/* DER of r || s. */
void truth_der(struct span plain, struct writer *out);

/* --- RSA --- */

EVP_PKEY *truth_rsa_public(struct span modulus, struct span exponent);
size_t truth_rsa_size(EVP_PKEY *key);
/* The public operation on a block as long as the modulus; false: the block is no smaller. */
bool truth_rsa_raw(EVP_PKEY *key, struct span block, struct writer *out);
/* EMSA-PKCS1-v1_5, or with pss EMSA-PSS with a salt as long as the hash. */
bool truth_rsa_verify(EVP_PKEY *key, bool pss, const char *digest, struct span hash,
                      struct span signature);

/* --- AES --- */

void truth_cbc(struct span key, bool encrypt, struct span blocks, struct writer *out);
void truth_cmac(struct span key, struct span message, struct writer *out);
/* HKDF with SHA-256, no salt, 32 bytes: our choice (protocol.md 16.1). */
void truth_derive(struct span key, struct span info, struct writer *out);

/* --- Wrapped keys --- */

enum { WRAPPED_EC = 0x0C, WRAPPED_AES = 0x0F };

struct wrapped {
    uint8_t type;
    uint8_t algorithms[16];
    size_t algorithm_count;
    const struct group *group;
    struct span scalar, point, secret; /* borrowed from plain */
    uint8_t plain[BLOB_MAX];
};
void truth_kcv(const uint8_t kek[KEK_BYTES], uint8_t out[8]);
/* False: not made under this secret, or no key. */
bool truth_unwrap(const uint8_t kek[KEK_BYTES], struct span blob, struct wrapped *out);
void truth_wrap(const uint8_t kek[KEK_BYTES], const struct wrapped *key, struct writer *out);
