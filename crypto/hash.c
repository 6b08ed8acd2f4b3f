/* SPDX-License-Identifier: Apache-2.0 */
/* Digests and random bytes by OpenSSL. */
#include "crypto/hash.h"

#include <openssl/rand.h>

#include "crypto/fetch.h"

int digest_of(enum digest digest, const struct span *parts, size_t count, uint8_t *out)
{
    const EVP_MD *algorithm = ossl_digest(digest);
    if (!algorithm)
        return failure(FAULT_BROKEN, "digest %d asked for, but there is none", digest);

    SCOPED(end_EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex2(context, algorithm, NULL) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = EVP_DigestUpdate(context, parts[i].at, parts[i].size) == 1;
    if (!good || EVP_DigestFinal_ex(context, out, NULL) != 1)
        return ossl_failure("digest");
    return 0;
}

int sha256_of(struct span bytes, uint8_t out[SHA256_SIZE])
{
    return digest_of(DIGEST_SHA256, &bytes, 1, out);
}

int random_bytes(uint8_t *out, size_t size)
{
    if (RAND_bytes_ex(NULL, out, size, 0) != 1)
        return ossl_failure("random bytes");
    return 0;
}
