/* Private to crypto/: what its files share of OpenSSL. Scoped types, errors turned into failures,
 * what was fetched once at start, and building and reading EVP_PKEYs. */
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
 * `SCOPED(end_BIGNUM) BIGNUM *d = NULL;` frees, and where there is something secret clears, when
 * the scope ends. */
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

/* A fault with OpenSSL's reason: FAULT_MEMORY when it ran out of memory, else FAULT_LIBRARY.
 * Empties OpenSSL's error queue, so that the next failure finds its own reason. */
#define ossl_failure(what) ossl_failure_note(__FILE__, __LINE__, (what))
int ossl_failure_note(const char *file, int line, const char *what);
/* Before a call whose refusal ossl_refusal() answers: what others left in the queue is not its, nor
 * is memory that others were refused. */
void ossl_begin(void);
/* For a call that OpenSSL refuses because of its input: the positive result `answer`, unless it ran
 * out of memory, which is a fault. Empties the error queue. */
#define ossl_refusal(answer, what) ossl_refusal_note(__FILE__, __LINE__, (answer), (what))
int ossl_refusal_note(const char *file, int line, int answer, const char *what);

/* --- Fetched once, by crypto_init() --- */

/* NULL for DIGEST_NONE, and before crypto_init(). */
const EVP_MD *ossl_digest(enum digest digest);
/* NULL for a curve that is not in the table, and before crypto_init(). */
const EC_GROUP *ossl_group(const struct curve *curve);

/* AES in CBC mode with a key of so many bytes; NULL when there is none such. */
const EVP_CIPHER *ossl_aes_cbc(size_t key_size);
EVP_MAC *ossl_cmac(void);
EVP_KDF *ossl_hkdf(void);

/* digest.c: OpenSSL's name; NULL for DIGEST_NONE and beyond the last. */
const char *digest_library_name(enum digest digest);

/* --- Keys from parts and back --- */

/* A number from big-endian bytes, in memory that is cleared, used in constant time; NULL when there
 * is no memory. */
BIGNUM *ossl_secret_number(struct span bytes);
/* A key of this algorithm ("RSA", "EC") from the parts gathered in parts. selection:
 * EVP_PKEY_KEYPAIR or EVP_PKEY_PUBLIC_KEY. The parts have been checked: a refusal is a fault. */
MUST_CHECK int ossl_key_from(const char *algorithm, int selection, OSSL_PARAM_BLD *parts,
                             EVP_PKEY **out);
/* A number of a key, of at most size bytes (and that at most RSA_BYTES_MAX), in memory that is
 * cleared, used in constant time; the caller frees it. */
MUST_CHECK int ossl_read_part(const EVP_PKEY *key, const char *part, size_t size, BIGNUM **out);
/* Writes a number of a key, at most RSA_BYTES_MAX, left-padded to size and with its length before
 * it: how material holds it. */
MUST_CHECK int ossl_write_part(const EVP_PKEY *key, const char *part, size_t size,
                               struct writer *out);
/* The bytes without leading zeros. */
struct span without_leading_zeros(struct span bytes);

/* --- Live keys --- */

/* A context that stays ready for the scheme it was last used with, so that a hot signature costs
 * the signature. */
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
    bool seeded;               /* RSA only: */
    uint8_t secret[32];        /* AES only: the key, of `size` bytes */
    uint8_t seed[SHA256_SIZE]; /* of implicit rejection, worked out when first needed */
};

/* An empty live key; NULL when there is no memory. */
struct live_key *live_key_new(void);
