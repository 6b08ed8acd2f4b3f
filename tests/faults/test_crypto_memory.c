/* SPDX-License-Identifier: Apache-2.0 */
/* crypto under a library whose Nth allocation fails, for N = 1, 2, 3 ... until an operation no
 * longer meets the failure: each time there is either the whole result or a fault and no result,
 * never a wrong refusal ("bad key") of what is good. */
#include "base/failure.h"
#include "crypto/crypto.h"
#include "crypto/public_file.h"
#include "crypto/shamir.h"
#include "tests/support/stride.h"
#include "tests/support/suite.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>

/* The hooks of OpenSSL take no context. */
static struct {
    size_t left; /* allocations until the one that fails; 0: none fails */
    bool failed;
} fault;

static bool fails_now(void)
{
    if (fault.left == 0 || --fault.left > 0)
        return false;
    fault.failed = true;
    return true;
}

/* The linker puts these between the hooks of crypto/ and the secret heap. */
void *__real_secret_alloc(size_t size);
void *__wrap_secret_alloc(size_t size);
void *__real_secret_realloc(void *old, size_t size);
void *__wrap_secret_realloc(void *old, size_t size);

void *__wrap_secret_alloc(size_t size)
{
    return fails_now() ? NULL : __real_secret_alloc(size);
}

void *__wrap_secret_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_secret_realloc(old, size);
}

/* --- Operations, each on good input --- */

static const struct scheme sha256_ecdsa = { PADDING_NONE, DIGEST_SHA256 };
static const struct scheme sha256_pkcs1 = { PADDING_PKCS1, DIGEST_SHA256 };

struct fixture {
    const struct key_kind *kind;
    struct key_spec spec;
    struct scheme scheme;
    uint8_t material_bytes[KEY_MATERIAL_MAX], signature_bytes[KEY_RESULT_MAX];
    struct writer material, signature;
    struct public_part public_part;
    struct scheme deciphering;
    uint8_t cipher[128];
};

static void set_up(struct fixture *f, const struct key_spec *spec, struct scheme scheme)
{
    struct live_key *key = NULL;
    *f = (struct fixture){ .kind = key_kind_of(spec->type), .spec = *spec, .scheme = scheme };
    f->material = WRITER_OF(f->material_bytes);
    f->signature = WRITER_OF(f->signature_bytes);
    ck_assert_int_eq(f->kind->generate(spec, NULL, &f->material), 0);
    ck_assert_int_eq(f->kind->public_part(spec, written(&f->material), &f->public_part), 0);
    ck_assert_int_eq(f->kind->open(spec, written(&f->material), &key), 0);
    if (f->kind->sign)
        ck_assert_int_eq(f->kind->sign(key, scheme, span_of_text("abc"), &f->signature), 0);
    live_key_close(&key);
}

static int generate(struct fixture *f, struct writer *out)
{
    return f->kind->generate(&f->spec, NULL, out);
}

static int open_and_sign(struct fixture *f, struct writer *out)
{
    SCOPED(live_key_close) struct live_key *key = NULL;
    int result = f->kind->open(&f->spec, written(&f->material), &key);
    if (!result)
        result = f->kind->sign(key, f->scheme, span_of_text("abc"), out);
    ck_assert_msg(result || out->size > 0, "signed, but no signature");
    return result;
}

static int verify(struct fixture *f, struct writer *out)
{
    (void)out;
    return f->kind->verify(&f->spec, &f->public_part, f->scheme, span_of_text("abc"),
                           written(&f->signature));
}

static int agree(struct fixture *f, struct writer *out)
{
    SCOPED(live_key_close) struct live_key *key = NULL;
    int result = f->kind->open(&f->spec, written(&f->material), &key);
    return result ? result : f->kind->agree(key, f->public_part.point, out);
}

static int decipher(struct fixture *f, struct writer *out)
{
    SCOPED(live_key_close) struct live_key *key = NULL;
    int result = f->kind->open(&f->spec, written(&f->material), &key);
    if (!result)
        result = f->kind->decipher(key, f->deciphering, SPAN_OF(f->cipher), out);
    ck_assert_msg(result || span_equal(written(out), span_of_text("abc")), "another message");
    return result;
}

static int import(struct fixture *f, struct writer *out)
{
    struct key_parts parts;
    struct key_spec spec = { .type = f->spec.type, .curve = f->spec.curve };
    int result = f->kind->to_parts(&f->spec, written(&f->material), &parts);
    return result ? result : f->kind->import(&spec, &parts, NULL, out);
}

static int import_without_factors(struct fixture *f, struct writer *out)
{
    struct key_parts parts;
    struct key_spec spec = { .type = KEY_RSA };
    int result = f->kind->to_parts(&f->spec, written(&f->material), &parts);
    const struct key_parts fewer = { .n = parts.n, .e = parts.e, .d = parts.d };
    return result ? result : f->kind->import(&spec, &fewer, NULL, out);
}

static int derive(struct fixture *f, struct writer *out)
{
    static const uint8_t parameter[32] = { 1 };
    SCOPED(live_key_close) struct live_key *key = NULL;
    int result = f->kind->open(&f->spec, written(&f->material), &key);
    return result ? result : f->kind->derive(key, SPAN_OF(parameter), out);
}

static int encipher(struct fixture *f, struct writer *out)
{
    static const uint8_t block[16];
    SCOPED(live_key_close) struct live_key *key = NULL;
    int result = f->kind->open(&f->spec, written(&f->material), &key);
    return result ? result : f->kind->cipher(key, f->scheme, SPAN_OF(block), out);
}

typedef int operation(struct fixture *f, struct writer *out);

/* Whether the nth allocation was still reached. */
static bool survives(struct fixture *f, operation *run, size_t nth)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer out = WRITER_OF(bytes);
    failure_clear();
    fault.failed = false;
    fault.left = nth;
    int result = run(f, &out);
    fault.left = 0;

    ck_assert_msg(result <= 0, "allocation %zu: answer %d", nth, result);
    ck_assert_msg(result == 0 || out.size == 0, "allocation %zu: half a result", nth);
    ck_assert_msg(result == 0 || fault.failed, "a fault without a failed allocation");
    return fault.failed;
}

static void survive_all(struct fixture *f, operation *run)
{
    unsigned nth = 1;
    while (survives(f, run, nth))
        nth = next_nth(nth);
    ck_assert_uint_gt(nth, 1);
}

static void start(void)
{
    ck_assert_int_eq(crypto_use_secret_heap(), 0);
    ck_assert_int_eq(crypto_init(), 0);
}

START_TEST(ec_operations_survive_each_failed_allocation)
{
    operation *const operations[] = { open_and_sign, verify, agree, generate, import, derive };
    struct fixture f;
    start();
    const struct key_spec spec = { .type = KEY_EC, .bits = 256, .curve = curve_by_name("P-256") };
    set_up(&f, &spec, sha256_ecdsa);
    survive_all(&f, operations[_i]);
}
END_TEST

START_TEST(edwards_operations_survive_each_failed_allocation)
{
    operation *const operations[] = { open_and_sign, verify, generate, import };
    struct fixture f;
    start();
    const struct key_spec spec = key_spec_on(curve_by_name("Ed25519"));
    set_up(&f, &spec, (struct scheme){ PADDING_NONE, DIGEST_NONE });
    survive_all(&f, operations[_i]);
}
END_TEST

START_TEST(montgomery_operations_survive_each_failed_allocation)
{
    operation *const operations[] = { agree, generate, import };
    struct fixture f;
    start();
    const struct key_spec spec = key_spec_on(curve_by_name("X25519"));
    set_up(&f, &spec, (struct scheme){ PADDING_NONE, DIGEST_NONE });
    survive_all(&f, operations[_i]);
}
END_TEST

START_TEST(rsa_operations_survive_each_failed_allocation)
{
    operation *const operations[] = { open_and_sign, verify, import, import_without_factors };
    const struct key_spec spec = { .type = KEY_RSA, .bits = 1024, .exponent = 65537 };
    struct fixture f;
    start();
    set_up(&f, &spec, sha256_pkcs1);
    survive_all(&f, operations[_i]);
}
END_TEST

START_TEST(symmetric_operations_survive_each_failed_allocation)
{
    static const enum cipher_mode modes[] = { MODE_CBC_ENCRYPT, MODE_CBC_DECRYPT, MODE_CMAC,
                                              MODE_DERIVE };
    struct fixture f = { .spec = { .type = KEY_AES, .bits = 256 }, .scheme.mode = modes[_i] };
    start();
    f.kind = key_kind_of(KEY_AES);
    f.material = WRITER_OF(f.material_bytes);
    ck_assert_int_eq(generate(&f, &f.material), 0);
    survive_all(&f, encipher);
}
END_TEST

/* --- What is no kind of key's --- */

static int share_and_join(struct fixture *f, struct writer *out)
{
    uint8_t password[SHAMIR_SIZE];
    struct shamir_share shares[3];
    (void)f;
    int result = shamir_make(2, COUNT_OF(shares), password, shares);
    if (!result)
        result = shamir_join(shares, 2, out);
    ck_assert_msg(result || span_equal(written(out), SPAN_OF(password)), "another password");
    return result;
}

START_TEST(shares_survive_each_failed_allocation)
{
    struct fixture f;
    start();
    survive_all(&f, share_and_join);
}
END_TEST

/* Of `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout`. */
static int read_public_file(struct fixture *f, struct writer *out)
{
    static const char file[] =
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6pfuE6ac6lDgHJ4WdIhP0+dkB0k6\n"
        "WV6sESV3GVayQ4h/P27MIGh6w98Xgh6qCvCTybC+RQu9FQ5/v3mf3sFCYw==\n"
        "-----END PUBLIC KEY-----\n";
    struct public_file found;
    (void)f, (void)out;
    return public_file_read(span_of_text(file), &found);
}

START_TEST(public_file_survives_each_failed_allocation)
{
    struct fixture f;
    uint8_t nothing[1];
    struct writer out = WRITER_OF(nothing);
    start();
    /* Its first use is a start of the library's decoders, which a failure spoils for good in
     * 3.5. */
    ck_assert_int_eq(read_public_file(&f, &out), 0);
    survive_all(&f, read_public_file);
}
END_TEST

static EVP_PKEY *public_key(const struct public_part *part)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = BN_bin2bn(part->modulus.at, (int)part->modulus.size, NULL);
    BIGNUM *e = BN_bin2bn(part->exponent.at, (int)part->exponent.size, NULL);
    OSSL_PARAM_BLD *list = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(list);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY_fromdata_init(context);
    ck_assert_int_eq(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(list);
    BN_free(n);
    BN_free(e);
    return key;
}

static void encrypt(struct fixture *f, int padding)
{
    EVP_PKEY *key = public_key(&f->public_part);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t size = sizeof f->cipher;
    EVP_PKEY_encrypt_init(context);
    EVP_PKEY_CTX_set_rsa_padding(context, padding);
    if (padding == RSA_PKCS1_OAEP_PADDING)
        EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256());
    ck_assert_int_eq(EVP_PKEY_encrypt(context, f->cipher, &size, (const uint8_t *)"abc", 3), 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
}

START_TEST(deciphering_survives_each_failed_allocation)
{
    static const struct {
        struct scheme scheme;
        int library;
    } paddings[] = {
        { { PADDING_PKCS1, DIGEST_NONE }, RSA_PKCS1_PADDING },
        { { PADDING_OAEP, DIGEST_SHA256 }, RSA_PKCS1_OAEP_PADDING },
    };
    const struct key_spec spec = { .type = KEY_RSA, .bits = 1024, .exponent = 65537 };
    struct fixture f;
    start();
    set_up(&f, &spec, sha256_pkcs1);
    f.deciphering = paddings[_i].scheme;
    encrypt(&f, paddings[_i].library);
    survive_all(&f, decipher);
}
END_TEST

/* OpenSSL's own start (its context, its first provider) is not made for failing allocations: it
 * ends in a null pointer. That happens before any key exists; here it is over. */
static void let_the_library_start(void)
{
    EVP_MD *any = EVP_MD_fetch(NULL, "SHA3-256", NULL);
    ck_assert_ptr_nonnull(any);
    EVP_MD_free(any);
    /* Each kind of algorithm has a start of its own, which a failure spoils for good. */
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
    ck_assert(cipher && mac && kdf);
    EVP_CIPHER_free(cipher);
    EVP_MAC_free(mac);
    EVP_KDF_free(kdf);
}

/* More than the allocations of crypto_init(): it makes about 90 for a curve. */
static int init_tries(void)
{
    return 100 * (1 + (int)curve_count());
}

/* crypto_init() can be tried again, and keeps what it has. Each in its own process, since what has
 * been fetched is not fetched again; the last try meets no failure. */
START_TEST(init_survives_a_failed_allocation)
{
    ck_assert_int_eq(crypto_use_secret_heap(), 0);
    uint8_t hash[SHA256_SIZE];
    let_the_library_start();
    fault.left = (size_t)_i;
    int result = crypto_init();
    fault.left = 0;
    ck_assert_int_le(result, 0);
    ck_assert(result == 0 || fault.failed);
    ck_assert(_i < init_tries() || !fault.failed);
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(sha256_of(span_of_text("abc"), hash), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crypto_memory");
    TCase *all = tcase_create("crypto_memory");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, ec_operations_survive_each_failed_allocation, 0, 6);
    tcase_add_loop_test(all, edwards_operations_survive_each_failed_allocation, 0, 4);
    tcase_add_loop_test(all, montgomery_operations_survive_each_failed_allocation, 0, 3);
    tcase_add_loop_test(all, rsa_operations_survive_each_failed_allocation, 0, 4);
    tcase_add_loop_test(all, symmetric_operations_survive_each_failed_allocation, 0, 4);
    tcase_add_loop_test(all, deciphering_survives_each_failed_allocation, 0, 2);
    tcase_add_test(all, shares_survive_each_failed_allocation);
    tcase_add_test(all, public_file_survives_each_failed_allocation);
    tcase_add_loop_test(all, init_survives_a_failed_allocation, 1, init_tries() + 1);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
