/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/curves: every row of the table against its vector file, and as a key. */
#include "base/tlv.h"
#include "crypto/crypto.h"
#include "crypto/curve_parameters.h"
#include "tests/support/digest_names.h"
#include "tests/support/suite.h"
#include "tests/support/vectors.h"

#include <openssl/objects.h>
#include <string.h>

static const struct scheme sha256 = { PADDING_NONE, DIGEST_SHA256 };

static const struct curve *curve_under_test(int index)
{
    ck_assert_int_eq(crypto_init(), 0);
    return curve_at((size_t)index);
}

static struct key_spec spec_of(const struct curve *curve)
{
    return (struct key_spec){ .type = KEY_EC, .bits = curve->bits, .curve = curve };
}

/* --- One block of a vector file each --- */

static struct span write_point(struct span x, struct span y, struct writer *out)
{
    write_u8(out, 4);
    write_span(out, x);
    write_span(out, y);
    return written(out);
}

static struct live_key *open_key(const struct curve *curve, struct span scalar, struct span point)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    const struct key_spec spec = spec_of(curve);
    struct live_key *key = NULL;

    write_counted(&material, scalar);
    write_counted(&material, point);
    ck_assert_int_eq(key_kind_of(KEY_EC)->open(&spec, written(&material), &key), 0);
    return key;
}

static const struct curve *curve_with(const struct domain_parameters *given)
{
    const struct curve *found = NULL;
    int result = curve_by_parameters(given, &found);
    ck_assert_int_eq(result, found ? 0 : CRYPTO_UNSUPPORTED);
    return found;
}

static bool has_prime(const struct curve *curve, struct span prime)
{
    struct curve_storage storage;
    struct domain_parameters ours;
    ck_assert_int_eq(curve_parameters(curve, &storage, &ours), 0);
    return span_equal(ours.prime, prime);
}

/* Of two curves with one prime it means the older row. */
static const struct curve *first_with(struct span prime)
{
    size_t i = 0;
    while (!has_prime(curve_at(i), prime))
        i++;
    return curve_at(i);
}

static void check_field(const struct curve *curve, struct vector *block)
{
    struct curve_storage storage;
    struct domain_parameters ours, given = { .prime = vector_bytes(block, "p") };

    ck_assert_int_eq(curve_parameters(curve, &storage, &ours), 0);
    ck_assert(span_equal(ours.prime, given.prime));
    ck_assert_ptr_eq(curve_with(&given), first_with(given.prime));
}

/* Where two curves have one prime, their coefficients tell them apart. */
static void check_equation(const struct curve *curve, struct vector *block)
{
    uint8_t bytes[CURVE_POINT_MAX];
    struct writer generator = WRITER_OF(bytes);
    struct curve_storage storage;
    struct domain_parameters ours;
    const struct domain_parameters given = {
        .prime = vector_bytes(block, "p"),
        .a = vector_bytes(block, "a"),
        .b = vector_bytes(block, "b"),
        .generator = write_point(vector_bytes(block, "x"), vector_bytes(block, "y"), &generator),
        .order = vector_bytes(block, "n"),
    };

    ck_assert_int_eq(curve_parameters(curve, &storage, &ours), 0);
    ck_assert(span_equal(ours.prime, given.prime));
    ck_assert(span_equal(ours.a, given.a));
    ck_assert(span_equal(ours.b, given.b));
    ck_assert(span_equal(ours.generator, given.generator));
    ck_assert(span_equal(ours.order, given.order));
    ck_assert_ptr_eq(curve_with(&given), curve);
    ck_assert_ptr_eq(curve_with(&(struct domain_parameters){ given.prime, .a = given.a }), curve);
}

/* The shared point with the generator is the public key. */
static void check_key_pair(const struct curve *curve, struct vector *block)
{
    uint8_t expected_bytes[CURVE_POINT_MAX], got_bytes[CURVE_POINT_MAX];
    struct writer expected = WRITER_OF(expected_bytes), got = WRITER_OF(got_bytes);
    struct curve_storage storage;
    struct domain_parameters parameters;

    write_point(vector_bytes(block, "x"), vector_bytes(block, "y"), &expected);
    struct live_key *key = open_key(curve, vector_bytes(block, "d"), written(&expected));
    ck_assert_int_eq(curve_parameters(curve, &storage, &parameters), 0);
    ck_assert_int_eq(key_kind_of(KEY_EC)->agree(key, parameters.generator, &got), 0);
    ck_assert(span_equal(written(&got), written(&expected)));
    live_key_close(&key);
}

static struct span write_der(struct span r, struct span s, struct writer *out)
{
    struct tlv_mark sequence = tlv_open(out, 0x30);
    tlv_write_unsigned(out, 0x02, r);
    tlv_write_unsigned(out, 0x02, s);
    tlv_close(out, sequence);
    return written(out);
}

static void check_signature(const struct curve *curve, struct vector *block)
{
    uint8_t point_bytes[CURVE_POINT_MAX], der_bytes[200];
    struct writer point = WRITER_OF(point_bytes), der = WRITER_OF(der_bytes);
    const struct scheme scheme = { PADDING_NONE, digest_named(vector_text(block, "digest")) };
    const struct key_spec spec = spec_of(curve);
    const struct key_kind *kind = key_kind_of(KEY_EC);
    const struct public_part public_part = {
        .point = write_point(vector_bytes(block, "x"), vector_bytes(block, "y"), &point),
    };

    ck_assert_int_ne(scheme.digest, DIGEST_NONE);
    write_der(vector_bytes(block, "r"), vector_bytes(block, "s"), &der);
    ck_assert_int_eq(
        kind->verify(&spec, &public_part, scheme, vector_bytes(block, "message"), written(&der)),
        0);
    ck_assert_int_eq(
        kind->verify(&spec, &public_part, scheme, span_of_text("another message"), written(&der)),
        CRYPTO_BAD_SIGNATURE);
}

static void check_agreement(const struct curve *curve, struct vector *block)
{
    uint8_t own_bytes[CURVE_POINT_MAX], peer_bytes[CURVE_POINT_MAX], shared_bytes[CURVE_POINT_MAX],
        got_bytes[CURVE_POINT_MAX];
    struct writer own = WRITER_OF(own_bytes), peer = WRITER_OF(peer_bytes),
                  shared = WRITER_OF(shared_bytes), got = WRITER_OF(got_bytes);

    write_point(vector_bytes(block, "x"), vector_bytes(block, "y"), &own);
    write_point(vector_bytes(block, "peer_x"), vector_bytes(block, "peer_y"), &peer);
    write_point(vector_bytes(block, "shared_x"), vector_bytes(block, "shared_y"), &shared);
    struct live_key *key = open_key(curve, vector_bytes(block, "d"), written(&own));
    ck_assert_int_eq(key_kind_of(KEY_EC)->agree(key, written(&peer), &got), 0);
    ck_assert(span_equal(written(&got), written(&shared)));
    live_key_close(&key);
}

static const struct block_form {
    const char *name;
    void (*check)(const struct curve *curve, struct vector *block);
    bool required;
} blocks[] = {
    { "field", check_field, true },          { "equation", check_equation, false },
    { "key pair", check_key_pair, true },    { "signature", check_signature, true },
    { "agreement", check_agreement, false },
};

/* The equation where the prime does not tell the curve. */
static bool is_required(const struct block_form *form, const struct curve *curve)
{
    struct curve_storage storage;
    struct domain_parameters ours;
    ck_assert_int_eq(curve_parameters(curve, &storage, &ours), 0);
    return form->required || (form->check == check_equation && first_with(ours.prime) != curve);
}

/* Works the block out; which row of blocks it was. */
static size_t check_block(const struct curve *curve, struct vector *block)
{
    const char *name = vector_text(block, "name");
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        if (strcmp(blocks[i].name, name) != 0)
            continue;
        blocks[i].check(curve, block);
        return i;
    }
    ck_abort_msg("%s:%u: no block is called \"%s\"", block->path, block->line, name);
    return 0;
}

START_TEST(vector_file_of_the_curve)
{
    const struct curve *curve = curve_under_test(_i);
    bool seen[COUNT_OF(blocks)] = { false };
    char path[80];
    struct vectors all;
    struct vector block;

    snprintf(path, sizeof path, "curve/%s.txt", curve->name);
    vectors_open(&all, path);
    while (vectors_next(&all, &block))
        seen[check_block(curve, &block)] = true;
    vectors_close(&all);
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        ck_assert_msg(seen[i] || !is_required(&blocks[i], curve), "%s: no block \"%s\"", path,
                      blocks[i].name);
}
END_TEST

/* --- What the table promises --- */

START_TEST(row_agrees_with_the_library)
{
    const struct curve *curve = curve_under_test(_i);
    const ASN1_OBJECT *object = OBJ_nid2obj(OBJ_sn2nid(curve->library));
    struct curve_storage storage;
    struct domain_parameters parameters;

    ck_assert(span_equal(curve->oid, span_of(OBJ_get0_data(object), OBJ_length(object))));
    ck_assert_int_eq(curve_parameters(curve, &storage, &parameters), 0);
    ck_assert_uint_eq(parameters.prime.size, (curve->bits + 7u) / 8);
    ck_assert_uint_eq(curve_field_size(curve), parameters.prime.size);
    ck_assert_uint_le(curve_field_size(curve), CURVE_FIELD_MAX);
    ck_assert_int_ge(parameters.prime.at[0], 1 << (curve->bits - 1) % 8);
    ck_assert(span_equal(parameters.cofactor, SPAN_OF(((uint8_t[]){ 1 }))));
}
END_TEST

START_TEST(row_is_found_by_id_name_and_all_parameters)
{
    const struct curve *curve = curve_under_test(_i);
    struct curve_storage storage;
    struct domain_parameters parameters;

    ck_assert_ptr_eq(curve_by_id(curve->id), curve);
    ck_assert_ptr_eq(curve_by_name(curve->name), curve);
    ck_assert_int_eq(curve_parameters(curve, &storage, &parameters), 0);
    ck_assert_ptr_eq(curve_with(&parameters), curve);
}
END_TEST

/* The n-th of the six parameters. */
static struct span *parameter(struct domain_parameters *parameters, int n)
{
    struct span *all[] = { &parameters->prime,     &parameters->a,     &parameters->b,
                           &parameters->generator, &parameters->order, &parameters->cofactor };
    return all[n];
}

START_TEST(one_other_parameter_is_no_curve)
{
    ck_assert_int_eq(crypto_init(), 0);
    for (size_t i = 0; i < curve_count(); i++) {
        uint8_t other_bytes[CURVE_POINT_MAX];
        struct writer other = WRITER_OF(other_bytes);
        struct curve_storage storage;
        struct domain_parameters parameters;

        ck_assert_int_eq(curve_parameters(curve_at(i), &storage, &parameters), 0);
        struct span *changed = parameter(&parameters, _i);
        write_span(&other, *changed);
        other_bytes[other.size - 1] ^= 2;
        *changed = written(&other);
        ck_assert_ptr_null(curve_with(&parameters));
    }
}
END_TEST

START_TEST(unknown_curves_are_null)
{
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_ptr_null(curve_by_id(0));
    ck_assert_ptr_null(curve_by_id(255));
    ck_assert_ptr_null(curve_by_name("P-1"));
    ck_assert_ptr_null(curve_at(curve_count()));
    ck_assert_ptr_null(curve_with(&(struct domain_parameters){ 0 }));
    ck_assert_ptr_null(
        curve_with(&(struct domain_parameters){ .cofactor = SPAN_OF(((uint8_t[]){ 1 })) }));
}
END_TEST

START_TEST(fresh_key_signs_what_its_public_part_verifies)
{
    const struct curve *curve = curve_under_test(_i);
    const struct key_kind *kind = key_kind_of(KEY_EC);
    const struct key_spec spec = spec_of(curve);
    uint8_t bytes[KEY_MATERIAL_MAX], signature_bytes[200];
    struct writer material = WRITER_OF(bytes), signature = WRITER_OF(signature_bytes);
    struct public_part public_part;
    struct live_key *key = NULL;

    ck_assert_int_eq(kind->generate(&spec, NULL, &material), 0);
    ck_assert_int_eq(kind->public_part(&spec, written(&material), &public_part), 0);
    ck_assert_uint_eq(public_part.point.size, 1 + 2 * curve_field_size(curve));
    ck_assert_int_eq(kind->open(&spec, written(&material), &key), 0);
    ck_assert_int_eq(kind->sign(key, sha256, span_of_text("abc"), &signature), 0);
    ck_assert_int_eq(
        kind->verify(&spec, &public_part, sha256, span_of_text("abc"), written(&signature)), 0);
    live_key_close(&key);
}
END_TEST

int main(void)
{
    int count = (int)curve_count();
    Suite *suite = suite_create("curves");
    TCase *all = tcase_create("curves");
    tcase_add_loop_test(all, vector_file_of_the_curve, 0, count);
    tcase_add_loop_test(all, row_agrees_with_the_library, 0, count);
    tcase_add_loop_test(all, row_is_found_by_id_name_and_all_parameters, 0, count);
    tcase_add_loop_test(all, one_other_parameter_is_no_curve, 0, 6);
    tcase_add_test(all, unknown_curves_are_null);
    tcase_add_loop_test(all, fresh_key_signs_what_its_public_part_verifies, 0, count);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
