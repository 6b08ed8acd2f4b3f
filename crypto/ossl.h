/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: what its files share around OpenSSL: types freed at the end of a scope,
 * OpenSSL errors turned into failures, and its heap. fetch.h has its algorithms, ossl_key.h its
 * keys. */
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>

#include "base/bytes.h"
#include "base/failure.h"

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

/* --- Memory --- */

/* crypto_use_secret_heap() of crypto.h, which can tell refused allocations from other failures. */
MUST_CHECK int ossl_use_secret_heap(void);

/* --- Numbers --- */

/* The bytes without leading zeros. */
struct span without_leading_zeros(struct span bytes);
