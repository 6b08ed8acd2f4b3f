/* What every kind needs of OpenSSL: errors, allocation, fetched algorithms, numbers and keys. */
#include "crypto/ossl.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <pthread.h>

#include "crypto/curves.h"

/* Does not change after crypto_init(). Algorithms are kept because looking one up by name takes
 * longer than hashing a few bytes. */
static struct {
    pthread_mutex_t lock;
    bool ready;
    EVP_MD *digests[DIGEST_SHA512 + 1];
    EVP_CIPHER *aes_cbc[3]; /* for keys of 16, 24 and 32 bytes */
    EVP_MAC *cmac;
    EVP_KDF *hkdf;
    EC_GROUP **groups; /* one for each row of the table of curves */
} library = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- Errors --- */

/* Whether an allocation of OpenSSL has failed in this thread since ossl_begin(). Our allocation
 * hooks record it, because some calls of the library leave nothing about it in the error queue
 * (ECDSA in 3.5 does not). */
static _Thread_local bool memory_refused;

/* The oldest error in the queue is the cause; later ones are added on the way up the calls. */
static bool out_of_memory(void)
{
    return memory_refused || ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE;
}

int ossl_failure_note(const char *file, int line, const char *what)
{
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_reason_error_string(error);
    /* Constructors that get no memory leave no reason in the queue; other failures do. */
    int kind = failure_note(error == 0 || out_of_memory() ? FAULT_MEMORY : FAULT_LIBRARY, file,
                            line, "%s: %s", what, reason ? reason : "no reason given");
    ossl_begin();
    return kind;
}

void ossl_begin(void)
{
    memory_refused = false;
    ERR_clear_error();
}

int ossl_refusal_note(const char *file, int line, int answer, const char *what)
{
    if (out_of_memory())
        return ossl_failure_note(file, line, what);
    ERR_clear_error();
    return answer;
}

/* --- Start --- */

static void *noted(void *block)
{
    memory_refused |= !block;
    return block;
}

/* Size 0 gives NULL, as OpenSSL's own heap does. */
static void *hook_alloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return size ? noted(secret_alloc(size)) : NULL;
}

static void *hook_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    if (size)
        return noted(secret_realloc(old, size));
    secret_free(old);
    return NULL;
}

static void hook_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    secret_free(block);
}

int crypto_use_secret_heap(void)
{
    if (CRYPTO_set_mem_functions(hook_alloc, hook_realloc, hook_free) != 1)
        return failure(FAULT_LIBRARY, "OpenSSL has allocated memory before its heap was set");
    return 0;
}

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
static int fetch_all(void)
{
    int result = fetch_digests();
    if (!result)
        result = make_groups();
    if (!result)
        result = fetch_symmetric();
    library.ready = !result;
    return result;
}

int crypto_init(void)
{
    ERR_clear_error(); /* creates this thread's error queue while there is memory for one */
    pthread_mutex_lock(&library.lock);
    int result = library.ready ? 0 : fetch_all();
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

/* --- Keys from parts and back --- */

BIGNUM *ossl_secret_number(struct span bytes)
{
    SCOPED(end_BIGNUM) BIGNUM *number = BN_secure_new();
    if (!number || !BN_bin2bn(bytes.at, (int)bytes.size, number))
        return NULL;
    BN_set_flags(number, BN_FLG_CONSTTIME);
    BIGNUM *result = number;
    number = NULL; /* the caller's now */
    return result;
}

int ossl_key_from(const char *algorithm, int selection, OSSL_PARAM_BLD *parts, EVP_PKEY **out)
{
    SCOPED(end_OSSL_PARAM) OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(parts);
    SCOPED(end_EVP_PKEY_CTX)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);

    if (!parameters || !context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, out, selection, parameters) != 1)
        return ossl_failure("key from its parts");
    return 0;
}

int ossl_read_part(const EVP_PKEY *key, const char *part, size_t size, BIGNUM **out)
{
    SCOPED_SECRET(native, RSA_BYTES_MAX);
    SCOPED(end_BIGNUM) BIGNUM *number = BN_secure_new();
    OSSL_PARAM wanted[] = { OSSL_PARAM_construct_BN(part, native, size), OSSL_PARAM_END };

    if (!number || size > sizeof native || EVP_PKEY_get_params(key, wanted) != 1 ||
        !BN_native2bn(native, (int)size, number))
        return ossl_failure(part);
    BN_set_flags(number, BN_FLG_CONSTTIME);
    *out = number;
    number = NULL; /* the caller's now */
    return 0;
}

int ossl_write_part(const EVP_PKEY *key, const char *part, size_t size, struct writer *out)
{
    SCOPED(end_BIGNUM) BIGNUM *number = NULL;
    int result = ossl_read_part(key, part, size, &number);
    if (result)
        return result;

    write_u16(out, (uint16_t)size);
    uint8_t *room = write_room(out, size);
    if (room && BN_bn2binpad(number, room, (int)size) < 0)
        return ossl_failure(part);
    return 0;
}

struct span without_leading_zeros(struct span bytes)
{
    while (bytes.size && *bytes.at == 0)
        bytes = span_part(bytes, 1, bytes.size);
    return bytes;
}
