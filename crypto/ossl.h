/* Private to crypto/: what its files share around OpenSSL: types freed at the end of a scope,
 * OpenSSL errors turned into failures, algorithms fetched once at start, and building and reading
 * EVP_PKEYs. */
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>

#include "base/failure.h"
#include "crypto/crypto.h"

/* --- Scoped types ---
 *
 * `SCOPED(end_BIGNUM) BIGNUM *d = NULL;` frees the object when the scope ends; types that can hold
 * secrets are cleared first. */
#define OSSL_SCOPED_TYPES(X)                                                                       \
    X(BIGNUM, BN_clear_free)                                                                       \
    X(BN_CTX, BN_CTX_free)                                                                         \
    X(EC_POINT, EC_POINT_clear_free)                                                               \
    X(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)                                                         \
    X(EVP_KDF_CTX, EVP_KDF_CTX_free)                                                               \
    X(EVP_MAC_CTX, EVP_MAC_CTX_free)                                                               \
    X(EVP_MD_CTX, EVP_MD_CTX_free)                                                                 \
    X(EVP_PKEY, EVP_PKEY_free)                                                                     \
    X(EVP_PKEY_CTX, EVP_PKEY_CTX_free)                                                             \
    X(OSSL_PARAM, OSSL_PARAM_free)                                                                 \
    X(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)

#define X(type, destroy)                                                                           \
    static inline void end_##type(type **object)                                                   \
    {                                                                                              \
        destroy(*object);                                                                          \
    }
OSSL_SCOPED_TYPES(X)
#undef X

/* --- Errors --- */

/* Creates a fault with OpenSSL's reason as its cause: FAULT_MEMORY when OpenSSL ran out of memory,
 * else FAULT_LIBRARY. Empties OpenSSL's error queue, so that the next fault gets its own reason. */
#define ossl_failure(what) ossl_failure_note(__FILE__, __LINE__, (what))
int ossl_failure_note(const char *file, int line, const char *what);
/* Call this before an OpenSSL call whose refusal is passed to ossl_refusal(). Discards errors and
 * refused allocations of earlier calls, so that they are not taken for those of this call. */
void ossl_begin(void);
/* Result for a call that OpenSSL refused because of its input: the positive result `answer`; but
 * FAULT_MEMORY when OpenSSL ran out of memory. Empties the error queue. */
#define ossl_refusal(answer, what) ossl_refusal_note(__FILE__, __LINE__, (answer), (what))
int ossl_refusal_note(const char *file, int line, int answer, const char *what);

/* --- Fetched once, by crypto_init() --- */

/* NULL for DIGEST_NONE, and before crypto_init() has succeeded. */
const EVP_MD *ossl_digest(enum digest digest);
/* NULL for a curve that is not in the Weierstrass table, and before crypto_init() has succeeded. */
const EC_GROUP *ossl_group(const struct curve *curve);

/* AES-CBC for a key of this many bytes; NULL for other sizes than 16, 24 and 32. */
const EVP_CIPHER *ossl_aes_cbc(size_t key_size);
EVP_MAC *ossl_cmac(void);
EVP_KDF *ossl_hkdf(void);

/* OpenSSL's name of a digest (in digest.c); NULL for DIGEST_NONE and numbers beyond the last
 * digest. */
const char *digest_library_name(enum digest digest);

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
/* The bytes without leading zeros. */
struct span without_leading_zeros(struct span bytes);

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
