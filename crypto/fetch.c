/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/fetch.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <pthread.h>

/* Does not change after fetch_algorithms(). */
static struct {
    pthread_mutex_t lock;
    bool ready;
    EVP_MD *digests[DIGEST_SHA512 + 1];
    EVP_CIPHER *aes_cbc[3]; /* for keys of 16, 24 and 32 bytes */
    EVP_MAC *cmac;
    EVP_KDF *hkdf;
    EC_GROUP **groups; /* one for each row of the table of curves */
} library = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int fetch_digests(void)
{
    for (enum digest digest = DIGEST_SHA1; digest < COUNT_OF(library.digests); digest++) {
        if (!library.digests[digest])
            library.digests[digest] = EVP_MD_fetch(NULL, digest_library_name(digest), NULL);
        if (!library.digests[digest])
            return ossl_failure(digest_library_name(digest));
    }
    return 0;
}

static int fetch_symmetric(void)
{
    static const char *const names[] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!library.aes_cbc[i])
            library.aes_cbc[i] = EVP_CIPHER_fetch(NULL, names[i], NULL);
        if (!library.aes_cbc[i])
            return ossl_failure(names[i]);
    }
    if (!library.cmac)
        library.cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    if (!library.hkdf)
        library.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    return library.cmac && library.hkdf ? 0 : ossl_failure("CMAC or HKDF");
}

static int make_groups(void)
{
    if (!library.groups)
        library.groups = OPENSSL_zalloc(curve_count() * sizeof(EC_GROUP *));
    if (!library.groups)
        return ossl_failure("table of curves");
    for (size_t i = 0; i < curve_count(); i++) {
        int name = OBJ_sn2nid(curve_at(i)->library);
        if (!library.groups[i])
            library.groups[i] = EC_GROUP_new_by_curve_name(name);
        if (!library.groups[i])
            return ossl_failure(curve_at(i)->name);
    }
    return 0;
}

/* Keeps what an earlier attempt has fetched before it failed. */
static int fetch_missing(void)
{
    int result = fetch_digests();
    if (!result)
        result = make_groups();
    if (!result)
        result = fetch_symmetric();
    library.ready = !result;
    return result;
}

int fetch_algorithms(void)
{
    ERR_clear_error(); /* creates this thread's error queue while there is memory for one */
    pthread_mutex_lock(&library.lock);
    int result = library.ready ? 0 : fetch_missing();
    pthread_mutex_unlock(&library.lock);
    return result;
}

const EVP_MD *ossl_digest(enum digest digest)
{
    return library.ready && digest < COUNT_OF(library.digests) ? library.digests[digest] : NULL;
}

const EVP_CIPHER *ossl_aes_cbc(size_t key_size)
{
    bool exists = key_size == 16 || key_size == 24 || key_size == 32;
    return library.ready && exists ? library.aes_cbc[key_size / 8 - 2] : NULL;
}

EVP_MAC *ossl_cmac(void)
{
    return library.cmac;
}

EVP_KDF *ossl_hkdf(void)
{
    return library.hkdf;
}

const EC_GROUP *ossl_group(const struct curve *curve)
{
    for (size_t i = 0; library.ready && i < curve_count(); i++)
        if (curve_at(i) == curve)
            return library.groups[i];
    return NULL;
}
