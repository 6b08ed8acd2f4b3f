/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/raw_curves and the two kinds of key on them: the numbers of the table, the vectors of RFC
 * 7748 and RFC 8032, Wycheproof's signatures, and what must be refused. */
#include "base/failure.h"
#include "crypto/crypto.h"
#include "crypto/curve_parameters.h"
#include "tests/support/suite.h"
#include "tests/support/vectors.h"
#include "tests/support/wycheproof.h"

#include <openssl/bn.h>
#include <string.h>

static const struct scheme message_itself = { PADDING_NONE, DIGEST_NONE };

static const struct curve *curve_under_test(int index)
{
    ck_assert_int_eq(crypto_init(), 0);
    return raw_curve_at((size_t)index);
}

static const struct domain_parameters *parameters_of(const struct curve *curve)
{
    static struct domain_parameters parameters;
    static struct curve_storage storage;
    ck_assert_int_eq(curve_parameters(curve, &storage, &parameters), 0);
    return &parameters;
}

/* --- The table --- */

static BIGNUM *number(struct span bytes)
{
    return BN_bin2bn(bytes.at, (int)bytes.size, NULL);
}

/* 2^255 - 19 and 2^252 + c; 2^448 - 2^224 - 1 and 2^446 - c (RFC 7748 4.1, 4.2). */
static const struct {
    uint16_t bits;
    const char *prime_rest, *order_rest;
    int prime_middle, order_power;
    uint8_t cofactor;
} numbers[] = {
    { 255, "-13", "14def9dea2f79cd65812631a5cf5d3ed", 0, 252, 8 },
    { 448, "-1", "-8335dc163bb124b65129c96fde933d8d723a70aadc873d6d54a7bb0d", 224, 446, 4 },
};

static BIGNUM *power_of_two(int exponent)
{
    BIGNUM *n = BN_new();
    BN_set_bit(n, exponent);
    return n;
}

static void assert_sum(struct span bytes, int power, int minus_power, const char *rest)
{
    BIGNUM *expected = power_of_two(power), *got = number(bytes), *add = NULL;
    ck_assert_int_gt(BN_hex2bn(&add, rest), 0);
    BN_add(expected, expected, add);
    if (minus_power) {
        BIGNUM *middle = power_of_two(minus_power);
        BN_sub(expected, expected, middle);
        BN_free(middle);
    }
    ck_assert_int_eq(BN_cmp(expected, got), 0);
    BN_free(expected);
    BN_free(got);
    BN_free(add);
}

START_TEST(primes_and_orders_are_those_of_the_standard)
{
    const struct curve *curve = curve_under_test(_i);
    const struct domain_parameters *p = parameters_of(curve);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        if (numbers[i].bits != curve->bits)
            continue;
        assert_sum(p->prime, curve->bits, numbers[i].prime_middle, numbers[i].prime_rest);
        assert_sum(p->order, numbers[i].order_power, 0, numbers[i].order_rest);
        ck_assert(span_equal(p->cofactor, span_of(&numbers[i].cofactor, 1)));
        return;
    }
    ck_abort_msg("%s: of another field", curve->name);
}
END_TEST

static struct span reversed(struct span bytes, uint8_t *room)
{
    for (size_t i = 0; i < bytes.size; i++)
        room[i] = bytes.at[bytes.size - 1 - i];
    return span_of(room, bytes.size);
}

/* RFC 7748: u is 9 or 5. RFC 8032 5.1: 5 y = 4. 5.2 gives the digits of y. */
START_TEST(base_points_are_those_of_the_standard)
{
    const struct curve *curve = curve_under_test(_i);
    const struct domain_parameters *p = parameters_of(curve);
    uint8_t room[CURVE_POINT_MAX];
    BIGNUM *base = number(reversed(p->generator, room)), *expected = NULL,
           *prime = number(p->prime);
    BN_CTX *context = BN_CTX_new();
    BN_dec2bn(&expected, curve->bits == 255 ? "9" : "5");
    if (curve->form == CURVE_EDWARDS && curve->bits == 255) {
        BN_mul_word(base, 5);
        BN_nnmod(base, base, prime, context);
        BN_set_word(expected, 4);
    } else if (curve->form == CURVE_EDWARDS) {
        BN_dec2bn(&expected,
                  "29881921007848149267601793044393067343754404015408024209592824"
                  "137233150618983587600353687865541878473398230323350346250053154"
                  "5062832660");
    }
    ck_assert_int_eq(BN_cmp(base, expected), 0);
    BN_free(base);
    BN_free(expected);
    BN_free(prime);
    BN_CTX_free(context);
}
END_TEST

static const struct curve *curve_with(const struct domain_parameters *given)
{
    const struct curve *found = NULL;
    int result = curve_by_parameters(given, &found);
    ck_assert_int_eq(result, found ? 0 : CRYPTO_UNSUPPORTED);
    return found;
}

START_TEST(row_is_found_by_id_name_prime_and_base_point)
{
    const struct curve *curve = curve_under_test(_i);
    const struct domain_parameters *p = parameters_of(curve);
    struct domain_parameters given = { .prime = p->prime, .generator = p->generator };
    ck_assert_ptr_eq(curve_by_id(curve->id), curve);
    ck_assert_ptr_eq(curve_by_name(curve->name), curve);
    ck_assert_ptr_eq(curve_with(&given), curve);
    ck_assert_ptr_eq(curve_with(p), curve);
    ck_assert(curve_prime_is_raw(p->prime));
    given.generator = (struct span){ 0 };
    ck_assert_ptr_null(curve_with(&given));
}
END_TEST

/* The last byte of all but the base point, whose zeros behind may be left out: there the first. */
START_TEST(one_other_parameter_is_no_curve)
{
    const struct domain_parameters *p = parameters_of(curve_under_test(_i));
    for (int i = 0; i < 4; i++) {
        uint8_t bytes[CURVE_POINT_MAX];
        struct writer other = WRITER_OF(bytes);
        struct domain_parameters given = *p;
        struct span *all[] = { &given.prime, &given.order, &given.cofactor, &given.generator };
        write_span(&other, *all[i]);
        bytes[i == 3 ? 0 : other.size - 1] ^= 2;
        *all[i] = written(&other);
        ck_assert_ptr_null(curve_with(&given));
    }
    struct domain_parameters given = *p;
    given.a = span_of_text("1");
    ck_assert_ptr_null(curve_with(&given));
}
END_TEST

START_TEST(no_weierstrass_curve_has_such_a_prime)
{
    ck_assert_int_eq(crypto_init(), 0);
    for (size_t i = 0; i < curve_count(); i++) {
        ck_assert(!curve_prime_is_raw(parameters_of(curve_at(i))->prime));
        ck_assert_int_eq(key_spec_on(curve_at(i)).type, KEY_EC);
    }
    ck_assert_ptr_null(raw_curve_at(raw_curve_count()));
}
END_TEST

/* --- Keys --- */

struct fixture {
    struct key_spec spec;
    const struct key_kind *kind;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material;
    struct public_part public_part;
    struct live_key *key;
};

static void open_key(struct fixture *f, const struct curve *curve, struct span secret,
                     struct span point)
{
    *f = (struct fixture){ .spec = key_spec_on(curve) };
    f->kind = key_kind_of(f->spec.type);
    f->material = WRITER_OF(f->bytes);
    write_counted(&f->material, secret);
    write_counted(&f->material, point);
    ck_assert_int_eq(f->kind->public_part(&f->spec, written(&f->material), &f->public_part), 0);
    ck_assert_int_eq(f->kind->open(&f->spec, written(&f->material), &f->key), 0);
}

static void generate_key(struct fixture *f, const struct curve *curve)
{
    *f = (struct fixture){ .spec = key_spec_on(curve) };
    f->kind = key_kind_of(f->spec.type);
    f->material = WRITER_OF(f->bytes);
    ck_assert_int_eq(f->kind->generate(&f->spec, NULL, &f->material), 0);
    ck_assert_int_eq(f->kind->public_part(&f->spec, written(&f->material), &f->public_part), 0);
    ck_assert_int_eq(f->kind->open(&f->spec, written(&f->material), &f->key), 0);
}

static void check_signature(struct fixture *f, struct vector *block)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    struct span message = vector_bytes(block, "message");
    ck_assert_int_eq(f->kind->sign(f->key, message_itself, message, &out), 0);
    ck_assert(span_equal(written(&out), vector_bytes(block, "signature")));
    ck_assert_int_eq(
        f->kind->verify(&f->spec, &f->public_part, message_itself, message, written(&out)), 0);
    ck_assert_int_eq(f->kind->verify(&f->spec, &f->public_part, message_itself,
                                     span_of_text("another"), written(&out)),
                     CRYPTO_BAD_SIGNATURE);
}

static void check_agreement(struct fixture *f, struct vector *block)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(f->kind->agree(f->key, vector_bytes(block, "peer"), &out), 0);
    ck_assert(span_equal(written(&out), vector_bytes(block, "shared")));
}

static void check_import(const struct curve *curve, struct vector *block)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer out = WRITER_OF(bytes);
    struct key_spec spec = { .type = key_spec_on(curve).type, .curve = curve };
    struct key_parts parts = { .scalar = vector_bytes(block, "secret"),
                               .point = vector_bytes(block, "public") };
    ck_assert_int_eq(key_kind_of(spec.type)->import(&spec, &parts, NULL, &out), 0);
    ck_assert_uint_eq(spec.bits, curve->bits);
    parts.point = parts.scalar;
    ck_assert_int_eq(key_kind_of(spec.type)->import(&spec, &parts, NULL, &out), CRYPTO_BAD_KEY);
}

START_TEST(vector_file_of_the_curve)
{
    const struct curve *curve = curve_under_test(_i);
    SCOPED(vectors_close) struct vectors all = { 0 };
    static struct vector block;
    unsigned blocks = 0;
    char path[80];
    snprintf(path, sizeof path, "curve/%s.txt", curve->name);
    vectors_open(&all, path);
    for (; vectors_next(&all, &block); blocks++) {
        struct fixture f;
        open_key(&f, curve, vector_bytes(&block, "secret"), vector_bytes(&block, "public"));
        if (curve->form == CURVE_EDWARDS)
            check_signature(&f, &block);
        else
            check_agreement(&f, &block);
        check_import(curve, &block);
        ck_assert_int_eq(key_test_pair(&f.spec, written(&f.material)), 0);
        live_key_close(&f.key);
    }
    ck_assert_uint_ge(blocks, 3);
}
END_TEST

START_TEST(fresh_key_passes_the_pairwise_test_and_halves_of_two_do_not)
{
    struct fixture one, other;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer mixed = WRITER_OF(bytes);
    struct key_parts parts;
    generate_key(&one, curve_under_test(_i));
    generate_key(&other, curve_under_test(_i));
    ck_assert_int_eq(key_test_pair(&one.spec, written(&one.material)), 0);
    ck_assert_int_eq(one.kind->to_parts(&one.spec, written(&one.material), &parts), 0);
    write_counted(&mixed, parts.scalar);
    write_counted(&mixed, other.public_part.point);
    ck_assert_int_eq(key_test_pair(&one.spec, written(&mixed)), FAULT_BROKEN);
    ck_assert(!span_equal(one.public_part.point, other.public_part.point));
    live_key_close(&one.key);
    live_key_close(&other.key);
}
END_TEST

/* Material cut at every byte, with one too many, and of the other kind of the same field. */
START_TEST(material_of_another_form_is_refused)
{
    struct fixture f;
    struct public_part part;
    struct live_key *key = NULL;
    generate_key(&f, curve_under_test(_i));
    write_u8(&f.material, 0);
    for (size_t size = 0; size <= f.material.size; size++) {
        struct span cut = span_part(written(&f.material), 0, size);
        int expected = size == f.material.size - 1 ? 0 : CRYPTO_BAD_KEY;
        ck_assert_int_eq(f.kind->public_part(&f.spec, cut, &part), expected);
        ck_assert_int_eq(f.kind->open(&f.spec, cut, &key), expected);
        live_key_close(&key);
    }
    struct span whole = span_part(written(&f.material), 0, f.material.size - 1);
    f.spec.bits++;
    ck_assert_int_eq(f.kind->open(&f.spec, whole, &key), CRYPTO_BAD_KEY);
    f.spec = key_spec_on(curve_under_test(_i ^ 1)); /* Edwards and Montgomery take turns */
    f.spec.type = f.kind->type;
    ck_assert_int_eq(f.kind->open(&f.spec, whole, &key), CRYPTO_BAD_KEY);
    f.spec.curve = NULL;
    ck_assert_int_eq(f.kind->open(&f.spec, whole, &key), CRYPTO_BAD_KEY);
    ck_assert_int_eq(f.kind->generate(&f.spec, NULL, &f.material), CRYPTO_UNSUPPORTED);
    live_key_close(&f.key);
}
END_TEST

START_TEST(edwards_keys_sign_messages_alone)
{
    const struct scheme hashing = { PADDING_NONE, DIGEST_SHA256 },
                        padding = { PADDING_PSS, DIGEST_NONE };
    const struct scheme others[] = { hashing, padding };
    struct fixture f;
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(crypto_init(), 0);
    generate_key(&f, curve_by_name("Ed25519"));
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        ck_assert_int_eq(f.kind->sign(f.key, others[i], span_of_text("abc"), &out),
                         CRYPTO_UNSUPPORTED);
        ck_assert_int_eq(f.kind->verify(&f.spec, &f.public_part, others[i], span_of_text("abc"),
                                        span_of_text("abc")),
                         CRYPTO_UNSUPPORTED);
    }
    ck_assert_uint_eq(out.size, 0);
    ck_assert_ptr_null(f.kind->agree);
    ck_assert_ptr_null(key_kind_of(KEY_MONTGOMERY)->sign);
    live_key_close(&f.key);
}
END_TEST

/* --- Wycheproof's signatures --- */

static void check_published(void *context, json_t *group, json_t *test)
{
    const struct key_spec spec = key_spec_on(context);
    uint8_t bytes[4096];
    struct writer storage = WRITER_OF(bytes);
    const struct public_part key = {
        .point = wycheproof_bytes(json_object_get(group, "publicKey"), "pk", &storage),
    };
    struct span message = wycheproof_bytes(test, "msg", &storage);
    struct span signature = wycheproof_bytes(test, "sig", &storage);
    bool valid = strcmp(wycheproof_text(test, "result"), "valid") == 0;
    ck_assert_int_eq(
        key_kind_of(KEY_EDWARDS)->verify(&spec, &key, message_itself, message, signature),
        valid ? 0 : CRYPTO_BAD_SIGNATURE);
}

static const struct {
    const char *curve, *file;
    size_t tests;
} signature_files[] = {
    { "Ed25519", "ed25519_test.json", 151 },
    { "Ed448", "ed448_test.json", 87 },
};

START_TEST(published_signatures_are_told_apart)
{
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_uint_eq(wycheproof_each(signature_files[_i].file, check_published,
                                      (void *)(uintptr_t)curve_by_name(signature_files[_i].curve)),
                      signature_files[_i].tests);
}
END_TEST

int main(void)
{
    int count = (int)raw_curve_count();
    Suite *suite = suite_create("raw_curves");
    TCase *all = tcase_create("raw_curves");
    tcase_add_loop_test(all, primes_and_orders_are_those_of_the_standard, 0, count);
    tcase_add_loop_test(all, base_points_are_those_of_the_standard, 0, count);
    tcase_add_loop_test(all, row_is_found_by_id_name_prime_and_base_point, 0, count);
    tcase_add_loop_test(all, one_other_parameter_is_no_curve, 0, count);
    tcase_add_test(all, no_weierstrass_curve_has_such_a_prime);
    tcase_add_loop_test(all, vector_file_of_the_curve, 0, count);
    tcase_add_loop_test(all, fresh_key_passes_the_pairwise_test_and_halves_of_two_do_not, 0, count);
    tcase_add_loop_test(all, material_of_another_form_is_refused, 0, count);
    tcase_add_test(all, edwards_keys_sign_messages_alone);
    tcase_add_loop_test(all, published_signatures_are_told_apart, 0,
                        (int)COUNT_OF(signature_files));
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
