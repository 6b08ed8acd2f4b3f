/* SPDX-License-Identifier: Apache-2.0 */
/* RSA (RFC 8017). Material: n, e, d, p, q, dp, dq, qinv; n and e without leading zeros.
 *
 * Private operations use the Chinese remainder theorem; OpenSSL blinds them, and checks the result
 * with e before it leaves, so that a fault in one half does not give the factors away. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/kinds.h"
#include "crypto/ossl_key.h"
#include "crypto/fetch.h"
#include "crypto/rejection.h"
#include "crypto/rsa_import.h"

/* Sizes we make and open: the hardware's up to 4096, and ours (protocol.md 13.3 and 17). */
static const uint16_t sizes[] = { 1024, 1536, 2048, 3072, 4096, 5120, 6144, 7168, RSA_BITS_MAX };

static bool supported(const struct key_spec *spec)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (sizes[i] == spec->bits)
            return spec->exponent >= 3 && spec->exponent % 2 == 1;
    return false;
}

static size_t modulus_size(const struct key_spec *spec)
{
    return spec->bits / 8u;
}

/* --- Material --- */

enum { N, E, D, P, Q, DP, DQ, QINV, PARTS };

struct part {
    const char *library;
    unsigned share; /* the size of a component is that of the modulus divided by this; 0: as few
                       bytes as possible */
};

static const struct part parts[PARTS] = {
    [N] = { OSSL_PKEY_PARAM_RSA_N, 1 },          [E] = { OSSL_PKEY_PARAM_RSA_E, 0 },
    [D] = { OSSL_PKEY_PARAM_RSA_D, 1 },          [P] = { OSSL_PKEY_PARAM_RSA_FACTOR1, 2 },
    [Q] = { OSSL_PKEY_PARAM_RSA_FACTOR2, 2 },    [DP] = { OSSL_PKEY_PARAM_RSA_EXPONENT1, 2 },
    [DQ] = { OSSL_PKEY_PARAM_RSA_EXPONENT2, 2 }, [QINV] = { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 2 },
};

static bool read_parts(struct span material, struct span out[PARTS])
{
    struct reader in = reader_of(material);
    for (int i = 0; i < PARTS; i++)
        out[i] = read_counted(&in);
    return read_finished(&in);
}

static int write_parts(const struct key_spec *spec, const EVP_PKEY *pkey, struct writer *out)
{
    size_t exponent_size = (size_t)(39 - __builtin_clz(spec->exponent)) / 8;
    int result = 0;
    for (int i = 0; !result && i < PARTS; i++) {
        size_t size = parts[i].share ? modulus_size(spec) / parts[i].share : exponent_size;
        result = ossl_write_part(pkey, parts[i].library, size, out);
    }
    return result;
}

static int rsa_public_part(const struct key_spec *spec, struct span material,
                           struct public_part *out)
{
    struct span part[PARTS];
    if (!read_parts(material, part))
        return CRYPTO_BAD_KEY;
    struct span modulus = without_leading_zeros(part[N]);
    if (modulus.size != modulus_size(spec))
        return CRYPTO_BAD_KEY;
    *out = (struct public_part){ .modulus = modulus, .exponent = without_leading_zeros(part[E]) };
    return 0;
}

/* --- Opening --- */

struct numbers {
    BIGNUM *at[PARTS];
};

static void numbers_end(struct numbers *numbers)
{
    for (int i = 0; i < PARTS; i++)
        BN_clear_free(numbers->at[i]);
}

static int read_numbers(const struct span part[], size_t count, struct numbers *out)
{
    for (size_t i = 0; i < count; i++) {
        out->at[i] = ossl_secret_number(part[i]);
        if (!out->at[i])
            return ossl_failure("RSA number");
    }
    return 0;
}

static bool public_numbers_fit(const struct key_spec *spec, const struct numbers *numbers)
{
    return supported(spec) && BN_num_bits(numbers->at[N]) == spec->bits &&
           BN_is_odd(numbers->at[N]) && BN_is_word(numbers->at[E], spec->exponent);
}

/* Whether n = p q. OpenSSL detects other inconsistencies, since it checks each result with e. */
static int factors_fit(const struct numbers *numbers)
{
    SCOPED(end_BN_CTX) BN_CTX *context = BN_CTX_secure_new();
    SCOPED(end_BIGNUM) BIGNUM *product = BN_secure_new();
    if (!context || !product || BN_mul(product, numbers->at[P], numbers->at[Q], context) != 1)
        return ossl_failure("product of RSA factors");
    return BN_cmp(product, numbers->at[N]) == 0 ? 0 : CRYPTO_BAD_KEY;
}

static int make_key(const struct numbers *numbers, size_t count, int selection, EVP_PKEY **out)
{
    SCOPED(end_OSSL_PARAM_BLD) OSSL_PARAM_BLD *list = OSSL_PARAM_BLD_new();
    for (size_t i = 0; i < count; i++)
        if (!list || OSSL_PARAM_BLD_push_BN(list, parts[i].library, numbers->at[i]) != 1)
            return ossl_failure("RSA parameters");
    return ossl_key_from("RSA", selection, list, out);
}

static int rsa_open(const struct key_spec *spec, struct span material, struct live_key **out)
{
    struct span part[PARTS];
    if (!read_parts(material, part))
        return CRYPTO_BAD_KEY;
    SCOPED(numbers_end) struct numbers numbers = { 0 };
    int result = read_numbers(part, PARTS, &numbers);
    if (result)
        return result;
    if (!public_numbers_fit(spec, &numbers))
        return CRYPTO_BAD_KEY;
    result = factors_fit(&numbers);
    if (result)
        return result;

    SCOPED(live_key_close) struct live_key *key = live_key_new();
    if (!key)
        return ossl_failure("live key");
    key->size = modulus_size(spec);
    result = make_key(&numbers, PARTS, EVP_PKEY_KEYPAIR, &key->pkey);
    if (result)
        return result;
    *out = key;
    key = NULL; /* the caller's now */
    return 0;
}

/* A key that can verify and encrypt. */
static int open_public(const struct key_spec *spec, const struct public_part *public_part,
                       EVP_PKEY **out)
{
    SCOPED(numbers_end) struct numbers numbers = { 0 };
    const struct span part[] = { public_part->modulus, public_part->exponent };
    int result = read_numbers(part, COUNT_OF(part), &numbers);
    if (result)
        return result;
    if (!public_numbers_fit(spec, &numbers))
        return CRYPTO_BAD_KEY;
    return make_key(&numbers, COUNT_OF(part), EVP_PKEY_PUBLIC_KEY, out);
}

/* --- Keys from elsewhere --- */

static int rsa_export(const struct key_spec *spec, struct span material, struct key_parts *out)
{
    struct span part[PARTS];
    struct public_part checked;
    int result = rsa_public_part(spec, material, &checked);
    if (result || !read_parts(material, part))
        return CRYPTO_BAD_KEY;
    *out = (struct key_parts){ .n = part[N],
                               .e = part[E],
                               .d = part[D],
                               .p = part[P],
                               .q = part[Q],
                               .dp = part[DP],
                               .dq = part[DQ],
                               .qinv = part[QINV] };
    return 0;
}

/* The library's full check: p and q are primes, and all numbers belong together. */
static int check_pair(EVP_PKEY *pkey)
{
    SCOPED(end_EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (!context)
        return ossl_failure("RSA check");
    ossl_begin();
    return EVP_PKEY_pairwise_check(context) == 1 ? 0 : ossl_refusal(CRYPTO_BAD_KEY, "RSA check");
}

/* Only numbers of the usual sizes fit into material. */
static bool sizes_fit(const struct key_spec *spec, const struct numbers *numbers)
{
    for (int i = 0; i < PARTS; i++)
        if (parts[i].share && BN_num_bits(numbers->at[i]) > spec->bits / (int)parts[i].share)
            return false;
    return true;
}

static int import_numbers(struct key_spec *spec, const struct numbers *numbers,
                          struct writer *out_material)
{
    spec->bits = (uint16_t)BN_num_bits(numbers->at[N]);
    BN_ULONG exponent = BN_get_word(numbers->at[E]);
    spec->exponent = exponent > UINT32_MAX ? 0 : (uint32_t)exponent;
    if (!supported(spec))
        return CRYPTO_UNSUPPORTED;
    if (!public_numbers_fit(spec, numbers) || !sizes_fit(spec, numbers))
        return CRYPTO_BAD_KEY;
    SCOPED(end_EVP_PKEY) EVP_PKEY *pkey = NULL;
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);
    int result = factors_fit(numbers);
    if (!result)
        result = make_key(numbers, PARTS, EVP_PKEY_KEYPAIR, &pkey);
    if (!result)
        result = check_pair(pkey);
    if (!result)
        result = write_parts(spec, pkey, &material);
    if (!result)
        write_span(out_material, written(&material));
    return result;
}

static int rsa_import(struct key_spec *spec, const struct key_parts *given,
                      const struct patience *patience, struct writer *out_material)
{
    SCOPED(rsa_numbers_end) struct rsa_numbers all = { 0 };
    int result = rsa_complete(given, patience, &all);
    if (result)
        return result;
    const struct numbers numbers = { { all.n, all.e, all.d, all.p, all.q, all.dp, all.dq,
                                       all.qinv } };
    return import_numbers(spec, &numbers, out_material);
}

/* --- Schemes --- */

/* A padding, and how OpenSSL is told to use it. */
struct way {
    enum padding padding;
    int library;
    /* Whether hash or block (size bytes) can be put into a modulus of k bytes. */
    int (*fits)(size_t k, enum digest digest, size_t size);
};

static int raw_fits(size_t k, enum digest digest, size_t size)
{
    if (digest != DIGEST_NONE)
        return CRYPTO_UNSUPPORTED;
    return size == k ? 0 : CRYPTO_BAD_INPUT;
}

/* RFC 8017 9.2: 00 01, eight times FF at least, 00; a digest is wrapped in at most 19 bytes, which
 * the smallest key takes. Without digest the host has wrapped it. */
static int pkcs1_fits(size_t k, enum digest digest, size_t size)
{
    return digest != DIGEST_NONE || size + 11 <= k ? 0 : CRYPTO_BAD_INPUT;
}

/* RFC 8017 9.1.1 with a salt as long as the hash. */
static int pss_fits(size_t k, enum digest digest, size_t size)
{
    if (digest == DIGEST_NONE)
        return CRYPTO_BAD_INPUT;
    return 2 * size + 2 <= k ? 0 : CRYPTO_UNSUPPORTED;
}

/* RFC 8017 7.1.2. */
static int oaep_fits(size_t k, enum digest digest, size_t size)
{
    if (2 * digest_size(digest) + 2 > k)
        return CRYPTO_UNSUPPORTED;
    return size == k ? 0 : CRYPTO_BAD_INPUT;
}

static const struct way signing[] = {
    { PADDING_NONE, RSA_NO_PADDING, raw_fits },
    { PADDING_PKCS1, RSA_PKCS1_PADDING, pkcs1_fits },
    { PADDING_PSS, RSA_PKCS1_PSS_PADDING, pss_fits },
};

/* PKCS#1 v1.5 is taken off by rejection.c: this OpenSSL tells good from bad. */
static const struct way deciphering[] = {
    { PADDING_NONE, RSA_NO_PADDING, raw_fits },
    { PADDING_PKCS1, RSA_NO_PADDING, raw_fits },
    { PADDING_OAEP, RSA_PKCS1_OAEP_PADDING, oaep_fits },
};

static const struct way *find_way(const struct way *ways, size_t count, enum padding padding)
{
    for (size_t i = 0; i < count; i++)
        if (ways[i].padding == padding)
            return &ways[i];
    return NULL;
}

static int set_digest(EVP_PKEY_CTX *context, int library, enum digest digest)
{
    if (digest == DIGEST_NONE)
        return 1;
    if (library == RSA_PKCS1_OAEP_PADDING) /* MGF1 uses the same digest */
        return EVP_PKEY_CTX_set_rsa_oaep_md(context, ossl_digest(digest));
    return EVP_PKEY_CTX_set_signature_md(context, ossl_digest(digest));
}

static int set_up(EVP_PKEY_CTX *context, const struct way *way, enum digest digest)
{
    if (EVP_PKEY_CTX_set_rsa_padding(context, way->library) != 1)
        return ossl_failure("RSA padding");
    if (set_digest(context, way->library, digest) != 1)
        return ossl_failure("RSA digest");
    if (way->library == RSA_PKCS1_PSS_PADDING &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) != 1)
        return ossl_failure("RSA salt");
    return 0;
}

/* A fresh context; init is EVP_PKEY_sign_init or its like. */
static int prepare(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const struct way *way,
                   enum digest digest, EVP_PKEY_CTX **out)
{
    SCOPED(end_EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (!context || init(context) != 1)
        return ossl_failure("RSA context");
    int result = set_up(context, way, digest);
    if (result)
        return result;
    *out = context;
    context = NULL; /* the caller's now */
    return 0;
}

static int keep_prepared(struct prepared *kept, EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *),
                         const struct way *way, enum digest digest)
{
    if (kept->context && kept->scheme.padding == way->padding && kept->scheme.digest == digest)
        return 0;
    EVP_PKEY_CTX_free(kept->context);
    *kept = (struct prepared){ .scheme = { way->padding, digest } };
    return prepare(pkey, init, way, digest, &kept->context);
}

/* --- Signatures --- */

static enum digest digest_of_size(size_t size)
{
    for (enum digest digest = DIGEST_SHA1; digest <= DIGEST_SHA512; digest++)
        if (digest_size(digest) == size)
            return digest;
    return DIGEST_NONE;
}

/* What OpenSSL gets: the scheme, and the hash or block. */
struct task {
    const struct way *way;
    enum digest digest;
    struct span block;
};

/* Hashes the input into hash if the scheme says so, and checks that it fits. */
static int make_task(size_t k, struct scheme scheme, struct span input, uint8_t hash[DIGEST_MAX],
                     struct task *out)
{
    *out =
        (struct task){ find_way(signing, COUNT_OF(signing), scheme.padding), scheme.digest, input };
    if (!out->way)
        return CRYPTO_UNSUPPORTED;
    if (scheme.digest != DIGEST_NONE) {
        int result = digest_of(scheme.digest, &input, 1, hash);
        if (result)
            return result;
        out->block = span_of(hash, digest_size(scheme.digest));
    } else if (scheme.padding == PADDING_PSS) {
        out->digest = digest_of_size(input.size); /* the input is a hash; its length tells which */
    }
    return out->way->fits(k, out->digest, out->block.size);
}

/* A private operation failed: decides whether the block was the cause. No more than that is told
 * about a bad OAEP block. */
static int refused(void)
{
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == RSA_R_DATA_TOO_LARGE_FOR_MODULUS || reason == RSA_R_OAEP_DECODING_ERROR)
        return ossl_refusal(CRYPTO_BAD_INPUT, "RSA block");
    return ossl_failure("RSA private operation");
}

static int rsa_sign(struct live_key *key, struct scheme scheme, struct span input,
                    struct writer *out)
{
    SCOPED_SECRET(hash, DIGEST_MAX);
    struct task task;
    int result = make_task(key->size, scheme, input, hash, &task);
    if (!result)
        result = keep_prepared(&key->sign, key->pkey, EVP_PKEY_sign_init, task.way, task.digest);
    if (result)
        return result;

    uint8_t signature[KEY_RESULT_MAX];
    size_t size = sizeof signature;
    ossl_begin();
    if (EVP_PKEY_sign(key->sign.context, signature, &size, task.block.at, task.block.size) != 1)
        return refused();
    write_span(out, span_of(signature, size));
    return 0;
}

static int rsa_verify(const struct key_spec *spec, const struct public_part *public_part,
                      struct scheme scheme, struct span input, struct span signature)
{
    uint8_t hash[DIGEST_MAX];
    struct task task;
    SCOPED(end_EVP_PKEY) EVP_PKEY *pkey = NULL;
    SCOPED(end_EVP_PKEY_CTX) EVP_PKEY_CTX *context = NULL;

    int result = make_task(modulus_size(spec), scheme, input, hash, &task);
    if (!result)
        result = open_public(spec, public_part, &pkey);
    if (!result)
        result = prepare(pkey, EVP_PKEY_verify_init, task.way, task.digest, &context);
    if (result)
        return result;
    ossl_begin();
    if (EVP_PKEY_verify(context, signature.at, signature.size, task.block.at, task.block.size) != 1)
        return ossl_refusal(CRYPTO_BAD_SIGNATURE, "RSA verification");
    return 0;
}

/* --- Decryption --- */

static int unpad(struct live_key *key, struct span cipher, struct span block, struct writer *out)
{
    int result = key->seeded ? 0 : rejection_seed(key->pkey, key->size, key->seed);
    if (result)
        return result;
    key->seeded = true;
    return rejection_unpad(key->seed, cipher, block, out);
}

static int rsa_decipher(struct live_key *key, struct scheme scheme, struct span input,
                        struct writer *out)
{
    const struct way *way = find_way(deciphering, COUNT_OF(deciphering), scheme.padding);
    if (!way)
        return CRYPTO_UNSUPPORTED;
    if (scheme.padding == PADDING_OAEP && scheme.digest == DIGEST_NONE)
        scheme.digest = DIGEST_SHA256;
    int result = way->fits(key->size, scheme.digest, input.size);
    if (!result)
        result =
            keep_prepared(&key->decipher, key->pkey, EVP_PKEY_decrypt_init, way, scheme.digest);
    if (result)
        return result;

    SCOPED_SECRET(plain, KEY_RESULT_MAX);
    size_t size = KEY_RESULT_MAX;
    ossl_begin();
    if (EVP_PKEY_decrypt(key->decipher.context, plain, &size, input.at, input.size) != 1)
        return refused();
    if (scheme.padding == PADDING_PKCS1)
        return unpad(key, input, span_of(plain, size), out);
    write_span(out, span_of(plain, size));
    return 0;
}

/* --- Generation --- */

/* Passed through the library to its callback. */
struct search {
    const struct patience *patience;
    bool stopped;
};

/* OpenSSL calls the callback a few more times after a refusal; go_on is not called again then. */
static int go_on(EVP_PKEY_CTX *context)
{
    struct search *search = EVP_PKEY_CTX_get_app_data(context);
    if (!search->stopped && search->patience && !search->patience->go_on(search->patience->context))
        search->stopped = true;
    return !search->stopped;
}

static int search_primes(const struct key_spec *spec, const struct patience *patience,
                         EVP_PKEY **out)
{
    struct search search = { .patience = patience };
    SCOPED(end_BIGNUM) BIGNUM *exponent = BN_new();
    SCOPED(end_EVP_PKEY_CTX)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (!exponent || BN_set_word(exponent, spec->exponent) != 1 || !context ||
        EVP_PKEY_keygen_init(context) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, spec->bits) != 1 ||
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, exponent) != 1)
        return ossl_failure("RSA key generation");

    EVP_PKEY_CTX_set_app_data(context, &search);
    EVP_PKEY_CTX_set_cb(context, go_on);
    if (EVP_PKEY_generate(context, out) == 1)
        return 0;
    if (!search.stopped)
        return ossl_failure("RSA key generation");
    ERR_clear_error();
    return failure(FAULT_STOPPED, "RSA key generation was given up");
}

static int rsa_generate(const struct key_spec *spec, const struct patience *patience,
                        struct writer *out_material)
{
    if (!supported(spec))
        return CRYPTO_UNSUPPORTED;
    SCOPED(end_EVP_PKEY) EVP_PKEY *pkey = NULL;
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);

    int result = search_primes(spec, patience, &pkey);
    if (!result)
        result = write_parts(spec, pkey, &material);
    if (!result)
        result = key_test_pair(spec, written(&material));
    if (!result)
        write_span(out_material, written(&material));
    return result;
}

const struct key_kind kind_rsa = {
    .type = KEY_RSA,
    .request_scheme = { PADDING_PKCS1, DIGEST_SHA256 },
    .name = "RSA",
    .generate = rsa_generate,
    .open = rsa_open,
    .public_part = rsa_public_part,
    .sign = rsa_sign,
    .decipher = rsa_decipher,
    .to_parts = rsa_export,
    .import = rsa_import,
    .verify = rsa_verify,
};
