/* Digests and random bytes by OpenSSL. */
#include "crypto/digest.h"

#include <openssl/rand.h>

#include "crypto/ossl.h"

struct row {
    const char *library;
    size_t size;
};

static const struct row digests[] = {
    [DIGEST_SHA1] = { "SHA1", 20 },
    [DIGEST_SHA224] = { "SHA2-224", 28 },
    [DIGEST_SHA256] = { "SHA2-256", SHA256_SIZE },
    [DIGEST_SHA384] = { "SHA2-384", 48 },
    [DIGEST_SHA512] = { "SHA2-512", DIGEST_MAX },
};

const char *digest_library_name(enum digest digest)
{
    return digest < COUNT_OF(digests) ? digests[digest].library : NULL;
}

size_t digest_size(enum digest digest)
{
    return digest < COUNT_OF(digests) ? digests[digest].size : 0;
}

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
