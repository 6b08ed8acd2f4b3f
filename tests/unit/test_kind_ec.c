/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/kind_ec: against Wycheproof's points and signatures, and with what must be refused. That
 * every curve of the table works is test_curves.c's to say. */
#include "base/failure.h"
#include "base/tlv.h"
#include "crypto/curve_parameters.h"
#include "tests/support/suite.h"
#include "tests/support/wycheproof.h"

#include <string.h>

static const struct scheme raw = { PADDING_NONE, DIGEST_NONE };
static const struct scheme sha256 = { PADDING_NONE, DIGEST_SHA256 };

/* A fresh key on P-256, as material and opened. */
struct fixture {
    const struct key_kind *kind;
    struct key_spec spec;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material;
    struct public_part public_part;
    struct live_key *key;
};

static struct key_spec spec_of(const char *curve)
{
    const struct curve *row = curve_by_name(curve);
    ck_assert_ptr_nonnull(row);
    return (struct key_spec){ .type = KEY_EC, .bits = row->bits, .curve = row };
}

static void set_up(struct fixture *f)
{
    ck_assert_int_eq(crypto_init(), 0);
    *f = (struct fixture){ .kind = key_kind_of(KEY_EC), .spec = spec_of("P-256") };
    f->material = WRITER_OF(f->bytes);
    ck_assert_int_eq(f->kind->generate(&f->spec, NULL, &f->material), 0);
    ck_assert_int_eq(f->kind->public_part(&f->spec, written(&f->material), &f->public_part), 0);
    ck_assert_int_eq(f->kind->open(&f->spec, written(&f->material), &f->key), 0);
}

/* --- Signatures --- */

START_TEST(signature_of_the_hash_is_signature_of_the_message)
{
    struct fixture f;
    uint8_t hash[SHA256_SIZE], bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct span message = span_of_text("abc");

    set_up(&f);
    ck_assert_int_eq(sha256_of(message, hash), 0);
    ck_assert_int_eq(f.kind->sign(f.key, raw, SPAN_OF(hash), &out), 0);
    ck_assert_int_eq(f.kind->verify(&f.spec, &f.public_part, sha256, message, written(&out)), 0);
    ck_assert_int_eq(f.kind->verify(&f.spec, &f.public_part, raw, message, written(&out)),
                     CRYPTO_BAD_SIGNATURE);
    live_key_close(&f.key);
}
END_TEST

/* FIPS 186-5 6.4.1: the leftmost bits of a hash that is longer than the order. */
START_TEST(a_longer_hash_is_truncated)
{
    struct fixture f;
    uint8_t hash[DIGEST_MAX], bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct span message = span_of_text("abc");

    set_up(&f);
    ck_assert_int_eq(digest_of(DIGEST_SHA512, &message, 1, hash), 0);
    ck_assert_int_eq(f.kind->sign(f.key, raw, SPAN_OF(hash), &out), 0);
    ck_assert_int_eq(f.kind->verify(&f.spec, &f.public_part, raw, span_of(hash, 32), written(&out)),
                     0);
    live_key_close(&f.key);
}
END_TEST

START_TEST(schemes_and_inputs_that_are_not_offered)
{
    struct fixture f;
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct scheme pss = { PADDING_PSS, DIGEST_SHA256 };

    set_up(&f);
    ck_assert_int_eq(f.kind->sign(f.key, pss, span_of_text("abc"), &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(f.kind->sign(f.key, raw, (struct span){ 0 }, &out), CRYPTO_BAD_INPUT);
    ck_assert_uint_eq(out.size, 0);
    ck_assert_ptr_null(f.kind->decipher);
    live_key_close(&f.key);
}
END_TEST

/* r || s of a Wycheproof test as DER; false when it is not twice the field's size. */
static bool der_of_plain(struct span plain, size_t field, struct writer *out)
{
    struct reader in = reader_of(plain);
    struct span r = read_span(&in, field), s = read_span(&in, field);
    if (!read_finished(&in))
        return false;
    struct tlv_mark sequence = tlv_open(out, 0x30);
    tlv_write_unsigned(out, 0x02, r);
    tlv_write_unsigned(out, 0x02, s);
    tlv_close(out, sequence);
    return true;
}

static void check_signature(void *context, json_t *group, json_t *test)
{
    const struct key_spec spec = spec_of(context);
    uint8_t storage_bytes[4096], der_bytes[200], plain_bytes[200];
    struct writer storage = WRITER_OF(storage_bytes), der = WRITER_OF(der_bytes),
                  plain = WRITER_OF(plain_bytes);
    const struct public_part public_part = {
        .point = wycheproof_bytes(json_object_get(group, "publicKey"), "uncompressed", &storage),
    };
    struct span message = wycheproof_bytes(test, "msg", &storage);
    struct span signature = wycheproof_bytes(test, "sig", &storage);
    bool valid = strcmp(wycheproof_text(test, "result"), "valid") == 0;
    size_t field = curve_field_size(spec.curve);

    if (!der_of_plain(signature, field, &der)) {
        ck_assert(!valid);
        return;
    }
    int result = key_kind_of(KEY_EC)->verify(&spec, &public_part, sha256, message, written(&der));
    ck_assert_int_eq(result, valid ? 0 : CRYPTO_BAD_SIGNATURE);
    ck_assert_int_eq(ecdsa_plain(written(&der), field, &plain), 0);
    ck_assert(span_equal(written(&plain), signature));
}

static const struct {
    const char *curve, *file;
    size_t tests;
} signature_files[] = {
    { "P-256", "ecdsa_secp256r1_sha256_p1363_test.json", 262 },
    { "brainpoolP256r1", "ecdsa_brainpoolP256r1_sha256_p1363_test.json", 261 },
};

START_TEST(published_signatures_are_told_apart)
{
    char curve[32];
    ck_assert_int_eq(crypto_init(), 0);
    strcpy(curve, signature_files[_i].curve);
    ck_assert_uint_eq(wycheproof_each(signature_files[_i].file, check_signature, curve),
                      signature_files[_i].tests);
}
END_TEST

/* --- r || s --- */

static int plain_of(const char *hex, size_t field, struct writer *out)
{
    uint8_t bytes[200];
    struct writer der = WRITER_OF(bytes);
    ck_assert(hex_decode(hex, &der));
    return ecdsa_plain(written(&der), field, out);
}

START_TEST(plain_signature_is_padded_to_the_field)
{
    uint8_t bytes[8];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(plain_of("3008 0202 00FF 0202 0102", 4, &out), 0);
    ck_assert(span_equal(written(&out), SPAN_OF(((uint8_t[]){ 0, 0, 0, 0xFF, 0, 0, 1, 2 }))));
}
END_TEST

START_TEST(what_is_no_signature_has_no_plain_form)
{
    static const char *const wrong[] = {
        "",                             /* nothing */
        "3006 0201 01 0201",            /* s cut off */
        "3003 0201 01",                 /* no s */
        "3009 0201 01 0201 01 0201 01", /* a third integer */
        "3006 0201 01 0201 01 00",      /* bytes after the end */
        "3106 0201 01 0201 01",         /* a SET */
        "3006 0401 01 0201 01",         /* r is an OCTET STRING */
        "3006 0201 81 0201 01",         /* negative r */
        "3005 0200 0201 01",            /* r without content */
        "300A 0205 0102030405 0201 01", /* r longer than the field */
    };
    uint8_t bytes[8];
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct writer out = WRITER_OF(bytes);
        ck_assert_msg(plain_of(wrong[i], 4, &out) == CRYPTO_BAD_INPUT, "%s", wrong[i]);
        ck_assert_uint_eq(out.size, 0);
    }
}
END_TEST

/* --- Agreement --- */

static struct live_key *open_private(const struct key_spec *spec, struct span scalar,
                                     struct span point)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    struct live_key *key = NULL;
    write_counted(&material, scalar);
    write_counted(&material, point);
    ck_assert_int_eq(key_kind_of(KEY_EC)->open(spec, written(&material), &key), 0);
    return key;
}

/* Compressed points are "acceptable"; we take none. The key's own point plays no part in the
 * agreement: the generator stands in. */
static void check_agreement(void *context, json_t *group, json_t *test)
{
    (void)context, (void)group;
    const struct key_spec spec = spec_of("P-256");
    uint8_t storage_bytes[4096], shared_bytes[CURVE_POINT_MAX];
    struct writer storage = WRITER_OF(storage_bytes), shared = WRITER_OF(shared_bytes);
    struct curve_storage curve_storage;
    struct domain_parameters parameters;
    bool valid = strcmp(wycheproof_text(test, "result"), "valid") == 0;
    struct span scalar = wycheproof_bytes(test, "private", &storage);
    struct span peer = wycheproof_bytes(test, "public", &storage);
    struct span expected = wycheproof_bytes(test, "shared", &storage);

    ck_assert_int_eq(curve_parameters(spec.curve, &curve_storage, &parameters), 0);
    struct live_key *key = open_private(&spec, scalar, parameters.generator);
    int result = key_kind_of(KEY_EC)->agree(key, peer, &shared);
    ck_assert_int_eq(result, valid ? 0 : CRYPTO_BAD_INPUT);
    ck_assert_uint_eq(shared.size, valid ? 65 : 0);
    if (valid)
        ck_assert(span_equal(span_part(written(&shared), 1, 32), expected));
    live_key_close(&key);
}

START_TEST(published_agreements_come_out)
{
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_uint_eq(wycheproof_each("ecdh_secp256r1_ecpoint_test.json", check_agreement, NULL),
                      355);
}
END_TEST

START_TEST(both_sides_share_the_same_point)
{
    struct fixture a, b;
    uint8_t a_bytes[CURVE_POINT_MAX], b_bytes[CURVE_POINT_MAX];
    struct writer a_out = WRITER_OF(a_bytes), b_out = WRITER_OF(b_bytes);

    set_up(&a);
    set_up(&b);
    ck_assert_int_eq(a.kind->agree(a.key, b.public_part.point, &a_out), 0);
    ck_assert_int_eq(b.kind->agree(b.key, a.public_part.point, &b_out), 0);
    ck_assert(span_equal(written(&a_out), written(&b_out)));
    live_key_close(&a.key);
    live_key_close(&b.key);
}
END_TEST

START_TEST(points_that_are_none_are_refused)
{
    struct fixture f;
    uint8_t point[66] = { 0 }, bytes[CURVE_POINT_MAX];
    struct writer out = WRITER_OF(bytes);

    set_up(&f);
    ck_assert_int_eq(f.kind->agree(f.key, (struct span){ 0 }, &out), CRYPTO_BAD_INPUT);
    ck_assert_int_eq(f.kind->agree(f.key, span_of(point, 1), &out), CRYPTO_BAD_INPUT);
    ck_assert_int_eq(f.kind->agree(f.key, span_of(point, 65), &out), CRYPTO_BAD_INPUT);
    ck_assert(span_copy(f.public_part.point, point, 65));
    ck_assert_int_eq(f.kind->agree(f.key, span_of(point, 64), &out), CRYPTO_BAD_INPUT);
    ck_assert_int_eq(f.kind->agree(f.key, span_of(point, 66), &out), CRYPTO_BAD_INPUT);
    point[64] ^= 1;
    ck_assert_int_eq(f.kind->agree(f.key, span_of(point, 65), &out), CRYPTO_BAD_INPUT);
    point[64] ^= 1;
    point[0] = 6 + point[64] % 2; /* the hybrid form of the same point */
    ck_assert_int_eq(f.kind->agree(f.key, span_of(point, 65), &out), CRYPTO_BAD_INPUT);
    ck_assert_uint_eq(out.size, 0);
    live_key_close(&f.key);
}
END_TEST

/* --- Material --- */

static int open_material(const struct key_spec *spec, struct span material)
{
    struct live_key *key = NULL;
    int result = key_kind_of(KEY_EC)->open(spec, material, &key);
    ck_assert((result == 0) == (key != NULL));
    live_key_close(&key);
    return result;
}

START_TEST(truncated_or_longer_material_is_no_key)
{
    struct fixture f;
    struct public_part public_part;

    set_up(&f);
    for (size_t size = 0; size < f.material.size; size++) {
        struct span part = span_of(f.bytes, size);
        ck_assert_int_eq(open_material(&f.spec, part), CRYPTO_BAD_KEY);
        ck_assert_int_eq(f.kind->public_part(&f.spec, part, &public_part), CRYPTO_BAD_KEY);
    }
    write_u8(&f.material, 0);
    ck_assert_int_eq(open_material(&f.spec, written(&f.material)), CRYPTO_BAD_KEY);
    live_key_close(&f.key);
}
END_TEST

START_TEST(point_off_the_curve_is_no_key)
{
    struct fixture f;
    set_up(&f);
    f.bytes[f.material.size - 1] ^= 1;
    ck_assert_int_eq(open_material(&f.spec, written(&f.material)), CRYPTO_BAD_KEY);
    live_key_close(&f.key);
}
END_TEST

START_TEST(halves_of_two_keys_are_no_pair)
{
    struct fixture a, b;
    set_up(&a);
    set_up(&b);
    ck_assert_int_eq(key_test_pair(&a.spec, written(&a.material)), 0);
    memcpy(a.bytes + a.material.size - 65, b.bytes + b.material.size - 65, 65);
    ck_assert_int_eq(key_test_pair(&a.spec, written(&a.material)), FAULT_BROKEN);
    live_key_close(&a.key);
    live_key_close(&b.key);
}
END_TEST

START_TEST(material_of_another_curve_is_no_key)
{
    struct fixture f;
    set_up(&f);
    const struct key_spec other = spec_of("brainpoolP256r1");
    ck_assert_int_eq(open_material(&other, written(&f.material)), CRYPTO_BAD_KEY);
    f.spec.bits = 255;
    ck_assert_int_eq(open_material(&f.spec, written(&f.material)), CRYPTO_BAD_KEY);
    f.spec = (struct key_spec){ .type = KEY_EC, .bits = 256 };
    ck_assert_int_eq(open_material(&f.spec, written(&f.material)), CRYPTO_BAD_KEY);
    live_key_close(&f.key);
}
END_TEST

/* 0 < d < n: the edges on both sides. */
START_TEST(private_key_out_of_range_is_no_key)
{
    const struct key_spec spec = spec_of("P-256");
    struct curve_storage storage;
    struct domain_parameters parameters;
    uint8_t scalar[32] = { 0 }, bytes[KEY_MATERIAL_MAX];
    const struct {
        bool order; /* starts from the order, else from zero */
        int add;
        int result;
    } cases[] = { { false, 0, CRYPTO_BAD_KEY },
                  { false, 1, 0 },
                  { true, -1, 0 },
                  { true, 0, CRYPTO_BAD_KEY },
                  { true, 1, CRYPTO_BAD_KEY } };

    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(curve_parameters(spec.curve, &storage, &parameters), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct writer material = WRITER_OF(bytes);
        memset(scalar, 0, sizeof scalar);
        if (cases[i].order)
            ck_assert(span_copy(parameters.order, scalar, sizeof scalar));
        scalar[31] = (uint8_t)(scalar[31] + cases[i].add);
        write_counted(&material, SPAN_OF(scalar));
        write_counted(&material, parameters.generator);
        ck_assert_int_eq(open_material(&spec, written(&material)), cases[i].result);
    }
}
END_TEST

START_TEST(no_curve_no_key)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct key_spec nowhere = { .type = KEY_EC, .bits = 256 };

    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(key_kind_of(KEY_EC)->generate(&nowhere, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_uint_eq(out.size, 0);
}
END_TEST

/* --- The list of kinds --- */

START_TEST(kinds_are_found_by_their_type)
{
    for (size_t i = 0; i < key_kind_count(); i++)
        ck_assert_ptr_eq(key_kind_of(key_kind_at(i)->type), key_kind_at(i));
    ck_assert_ptr_null(key_kind_at(key_kind_count()));
    ck_assert_ptr_null(key_kind_of((enum key_type)0));
}
END_TEST

START_TEST(closing_twice_is_harmless)
{
    struct fixture f;
    set_up(&f);
    live_key_close(&f.key);
    ck_assert_ptr_null(f.key);
    live_key_close(&f.key);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kind_ec");
    TCase *all = tcase_create("kind_ec");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, signature_of_the_hash_is_signature_of_the_message);
    tcase_add_test(all, a_longer_hash_is_truncated);
    tcase_add_test(all, schemes_and_inputs_that_are_not_offered);
    tcase_add_loop_test(all, published_signatures_are_told_apart, 0, COUNT_OF(signature_files));
    tcase_add_test(all, plain_signature_is_padded_to_the_field);
    tcase_add_test(all, what_is_no_signature_has_no_plain_form);
    tcase_add_test(all, published_agreements_come_out);
    tcase_add_test(all, both_sides_share_the_same_point);
    tcase_add_test(all, points_that_are_none_are_refused);
    tcase_add_test(all, truncated_or_longer_material_is_no_key);
    tcase_add_test(all, point_off_the_curve_is_no_key);
    tcase_add_test(all, halves_of_two_keys_are_no_pair);
    tcase_add_test(all, material_of_another_curve_is_no_key);
    tcase_add_test(all, private_key_out_of_range_is_no_key);
    tcase_add_test(all, no_curve_no_key);
    tcase_add_test(all, kinds_are_found_by_their_type);
    tcase_add_test(all, closing_twice_is_harmless);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
