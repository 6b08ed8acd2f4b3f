/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: OpenSSL's algorithms and curves, fetched once because looking one up by name
 * takes longer than hashing a few bytes. */
#pragma once

#include "crypto/curves.h"
#include "crypto/digest.h"
#include "crypto/ossl.h"

/* Fetches all of them, once per process; safe for several threads. A fault leaves what was fetched
 * for the next attempt. Faults: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int fetch_algorithms(void);

/* NULL for DIGEST_NONE, and before fetch_algorithms() has succeeded. */
const EVP_MD *ossl_digest(enum digest digest);
/* NULL for a curve that is not in the Weierstrass table, and before fetch_algorithms() has
 * succeeded. */
const EC_GROUP *ossl_group(const struct curve *curve);

/* AES-CBC for a key of this many bytes; NULL for other sizes than 16, 24 and 32. */
const EVP_CIPHER *ossl_aes_cbc(size_t key_size);
EVP_MAC *ossl_cmac(void);
EVP_KDF *ossl_hkdf(void);
