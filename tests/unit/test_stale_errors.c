/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that others left in OpenSSL's queue: a call that is refused because of its input is
 * answered as if the queue had been empty, neither as a fault nor as a lack of memory. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "crypto/public_file.h"
#include "tests/support/suite.h"

enum { ROOM = 1024, BLOCK = 128 /* a modulus of 1024 bits */ };

static const struct scheme raw = { .padding = PADDING_NONE };
static const struct scheme oaep = { .padding = PADDING_OAEP, .digest = DIGEST_SHA256 };
static const struct scheme pkcs1 = { .padding = PADDING_PKCS1, .digest = DIGEST_SHA256 };
static const struct scheme hashed = { .digest = DIGEST_SHA256 };

static uint8_t zeros[BLOCK], ones[BLOCK];

/* --- Keys --- */

static const struct key_spec rsa = { .type = KEY_RSA, .bits = 1024, .exponent = 65537 };

struct pair {
    struct key_spec spec;
    uint8_t bytes[ROOM];
    struct span material;
    struct public_part part;
    struct live_key *live;
};

static const struct key_kind *kind_of(const struct pair *pair)
{
    return key_kind_of(pair->spec.type);
}

static void make(const struct key_spec *spec, struct pair *out)
{
    const struct key_kind *kind = key_kind_of(spec->type);
    struct writer material = WRITER_OF(out->bytes);
    out->spec = *spec;
    ck_assert_int_eq(kind->generate(spec, NULL, &material), 0);
    out->material = written(&material);
    ck_assert_int_eq(kind->public_part(spec, out->material, &out->part), 0);
    ck_assert_int_eq(kind->open(spec, out->material, &out->live), 0);
}

static void make_on(const char *name, enum key_type type, struct pair *out)
{
    const struct curve *curve = curve_by_name(name);
    ck_assert_ptr_nonnull(curve);
    make(&(struct key_spec){ .type = type, .bits = curve->bits, .curve = curve }, out);
}

static void drop(struct pair *pair)
{
    live_key_close(&pair->live);
}

/* --- What is left in the queue --- */

static const struct {
    int library, reason;
} stale[] = { { ERR_LIB_EVP, EVP_R_DECODE_ERROR }, { ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE } };

#define WITH_STALE_ERROR(i, call, expected)                                                        \
    do {                                                                                           \
        ERR_raise(stale[i].library, stale[i].reason);                                              \
        ck_assert_int_eq((call), (expected));                                                      \
        ck_assert_uint_eq(ERR_peek_error(), 0);                                                    \
    } while (0)

START_TEST(rsa_blocks_are_refused_as_ever)
{
    struct pair pair;
    uint8_t bytes[ROOM];
    struct writer out = WRITER_OF(bytes);
    make(&rsa, &pair);
    const struct key_kind *kind = kind_of(&pair);
    struct span large = SPAN_OF(ones), no_oaep = span_of(zeros, BLOCK);
    WITH_STALE_ERROR(_i, kind->sign(pair.live, raw, large, &out), CRYPTO_BAD_INPUT);
    WITH_STALE_ERROR(_i, kind->decipher(pair.live, raw, large, &out), CRYPTO_BAD_INPUT);
    WITH_STALE_ERROR(_i, kind->decipher(pair.live, oaep, no_oaep, &out), CRYPTO_BAD_INPUT);
    WITH_STALE_ERROR(_i, kind->verify(&pair.spec, &pair.part, pkcs1, large, SPAN_OF(zeros)),
                     CRYPTO_BAD_SIGNATURE);
    ck_assert_uint_eq(out.size, 0);
    drop(&pair);
}
END_TEST

/* The inverse of one prime modulo the other is that of another key. */
START_TEST(rsa_keys_are_refused_as_ever)
{
    struct pair pair;
    struct key_parts parts;
    uint8_t bytes[ROOM], wrong[ROOM];
    struct writer out = WRITER_OF(bytes), copy = WRITER_OF(wrong);
    make(&rsa, &pair);
    ck_assert_int_eq(kind_of(&pair)->to_parts(&pair.spec, pair.material, &parts), 0);
    write_span(&copy, parts.qinv);
    wrong[copy.size - 1] ^= 1;
    parts.qinv = written(&copy);
    parts.d = (struct span){ 0 };
    struct key_spec spec = { .type = KEY_RSA };
    WITH_STALE_ERROR(_i, kind_of(&pair)->import(&spec, &parts, NULL, &out), CRYPTO_BAD_KEY);
    drop(&pair);
}
END_TEST

START_TEST(points_and_signatures_are_refused_as_ever)
{
    struct pair ec, edwards, montgomery;
    uint8_t bytes[ROOM], off_curve[65] = { 4, 1 };
    struct writer out = WRITER_OF(bytes);
    make_on("P-256", KEY_EC, &ec);
    make_on("Ed25519", KEY_EDWARDS, &edwards);
    make_on("X25519", KEY_MONTGOMERY, &montgomery);
    struct span text = span_of_text("text"), nothing = span_of(zeros, 64);
    WITH_STALE_ERROR(_i, kind_of(&ec)->agree(ec.live, SPAN_OF(off_curve), &out), CRYPTO_BAD_INPUT);
    WITH_STALE_ERROR(_i, kind_of(&ec)->verify(&ec.spec, &ec.part, hashed, text, nothing),
                     CRYPTO_BAD_SIGNATURE);
    WITH_STALE_ERROR(_i,
                     kind_of(&edwards)->verify(&edwards.spec, &edwards.part, (struct scheme){ 0 },
                                               text, nothing),
                     CRYPTO_BAD_SIGNATURE);
    WITH_STALE_ERROR(_i, kind_of(&montgomery)->agree(montgomery.live, span_of(zeros, 32), &out),
                     CRYPTO_BAD_INPUT);
    drop(&ec);
    drop(&edwards);
    drop(&montgomery);
}
END_TEST

START_TEST(files_are_refused_as_ever)
{
    struct public_file file;
    WITH_STALE_ERROR(_i, public_file_read(span_of_text("no key"), &file), CRYPTO_BAD_KEY);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { rsa_blocks_are_refused_as_ever, rsa_keys_are_refused_as_ever,
                                   points_and_signatures_are_refused_as_ever,
                                   files_are_refused_as_ever };
    Suite *suite = suite_create("stale errors");
    TCase *all = tcase_create("left by others");
    memset(ones, 0xFF, sizeof ones);
    for (size_t i = 0; i < COUNT_OF(tests); i++)
        tcase_add_loop_test(all, tests[i], 0, COUNT_OF(stale));
    suite_add_tcase(suite, all);
    return crypto_init() ? EXIT_FAILURE : run_suite(suite);
}
