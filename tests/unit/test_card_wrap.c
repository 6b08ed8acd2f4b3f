/* SPDX-License-Identifier: Apache-2.0 */
/* WRAP and UNWRAP KEY: keys go from one token to another and stay what they were; what is wrong
 * with a blob is refused, changes nothing and is recorded. Bad keys are sealed here as somebody who
 * has the DKEK could. */
#include <openssl/bn.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/failure.h"
#include "card-os/domain.h"
#include "card-os/key_record.h"
#include "crypto/curve_parameters.h"
#include "formats/key_blob.h"
#include "storage/audit.h"
#include "tests/support/dkek_fixture.h"
#include "tests/support/suite.h"

static struct card_fixture f, other;
static struct kek kek;

static void set_up(void)
{
    dkek_fixture_init(&f);
    dkek_fixture_init(&other);
    kek = dkek_fixture_kek();
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
    card_fixture_deinit(&other);
}

static unsigned send(struct card_fixture *to, uint8_t ins, uint8_t p1, uint8_t p2, struct span data)
{
    return card_fixture_command(to, (uint32_t)ins << 16 | (uint32_t)p1 << 8 | p2, data);
}

static struct span wrap(uint8_t key, struct writer *out)
{
    ck_assert_uint_eq(send(&f, 0x72, key, 0x92, (struct span){ 0 }), 0x9000);
    write_span(out, card_fixture_data(&f));
    return written(out);
}

/* --- Good ones --- */

/* What the old token signs deterministically, the new one signs alike. */
static void assert_moves_rsa(const char *generate, uint8_t type, size_t block_size)
{
    uint8_t blob_bytes[KEY_BLOB_MAX], block[512] = { 0, 1, 2, 3 }, signature[512];
    struct writer blob = WRITER_OF(blob_bytes), old = WRITER_OF(signature);
    ck_assert_uint_eq(card_fixture_status(&f, generate), 0x9000);
    wrap(1, &blob);
    ck_assert_uint_eq(blob_bytes[8], type);
    ck_assert_uint_eq(send(&other, 0x74, 9, 0x93, written(&blob)), 0x9000);
    ck_assert_uint_eq(send(&f, 0x68, 1, 0x20, span_of(block, block_size)), 0x9000);
    write_span(&old, card_fixture_data(&f));
    ck_assert_uint_eq(send(&other, 0x68, 9, 0x20, span_of(block, block_size)), 0x9000);
    ck_assert(span_equal(written(&old), card_fixture_data(&other)));
}

#define GENERATE_RSA(bits)                                                                         \
    "00 46 01 00 00 00 34 5F290100 4209555443413030303031 7F4910 060A04007F00070202020102"         \
    "0202" bits " 5F200F455348534D30303030313030303031 00 00"

START_TEST(rsa_2048_travels_with_its_factors)
{
    assert_moves_rsa(GENERATE_RSA("0800"), BLOB_RSA_CRT, 256);
}
END_TEST

START_TEST(rsa_3072_travels_without_its_factors)
{
    assert_moves_rsa(GENERATE_RSA("0C00"), BLOB_RSA, 384);
}
END_TEST

/* The shared point with a third party is the same. */
START_TEST(ec_key_travels)
{
    uint8_t blob_bytes[KEY_BLOB_MAX], point[65];
    struct writer blob = WRITER_OF(blob_bytes), peer = WRITER_OF(point);
    ck_assert(
        hex_decode("04 6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
                   "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5",
                   &peer));
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_P256), 0x9000);
    wrap(2, &blob);
    ck_assert_uint_eq(send(&other, 0x74, 9, 0x93, written(&blob)), 0x9000);
    ck_assert_uint_eq(send(&f, 0x62, 2, 0x80, SPAN_OF(point)), 0x9000);
    ck_assert_uint_eq(send(&other, 0x62, 9, 0x80, SPAN_OF(point)), 0x9000);
    ck_assert(span_equal(card_fixture_data(&f), card_fixture_data(&other)));
}
END_TEST

START_TEST(two_wraps_of_a_key_differ)
{
    uint8_t one[KEY_BLOB_MAX], two[KEY_BLOB_MAX];
    struct writer a = WRITER_OF(one), b = WRITER_OF(two);
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_P256), 0x9000);
    ck_assert(!span_equal(wrap(2, &a), wrap(2, &b)));
}
END_TEST

START_TEST(imported_key_is_marked_and_may_leave_again)
{
    uint8_t one[KEY_BLOB_MAX], two[KEY_BLOB_MAX];
    struct writer a = WRITER_OF(one), b = WRITER_OF(two);
    struct key key;
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_P256), 0x9000);
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, wrap(2, &a)), 0x9000);
    ck_assert_int_eq(key_load(f.store, 9, &key), 0);
    ck_assert_int_eq(key.origin, KEY_IMPORTED);
    ck_assert_uint_eq(wrap(9, &b).size, a.size);
}
END_TEST

/* P-256 with d = 1: what is derived with 2 signs as d = 3 does, so its point is three times the
 * generator, which SP 800-186 and everybody's test vectors give. */
START_TEST(derived_key_is_the_sum)
{
    uint8_t bytes[KEY_BLOB_MAX], command[40] = { 0x80, 0x76, 9, 10, 33, 0x98 }, point[65];
    struct writer blob = WRITER_OF(bytes), expected = WRITER_OF(point);
    struct curve_storage storage;
    struct domain_parameters p256;
    ck_assert_int_eq(curve_parameters(curve_by_name("P-256"), &storage, &p256), 0);
    const uint8_t one_byte[] = { 1 };
    const struct key_blob_key key = {
        .type = BLOB_EC,
        .spec = { .type = KEY_EC, .bits = 256, .curve = curve_by_name("P-256") },
        .parts = { .scalar = SPAN_OF(one_byte), .point = p256.generator },
        .algorithms = span_of("\x80\x98", 2),
    };
    ck_assert_int_eq(key_blob_seal(&kek, &key, span_of("\0\1\2\3\4\5\6\7", 8), &blob), 0);
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, written(&blob)), 0x9000);
    command[37] = 2;
    card_fixture_send(&f, span_of(command, 38));
    ck_assert_uint_eq(card_fixture_data(&f).size, 0);
    ck_assert_uint_eq(send(&f, 0x62, 10, 0x80, p256.generator), 0x9000);
    ck_assert(
        hex_decode("04 5ECBE4D1A6330A44C8F7EF951D4BF165E6C6B721EFADA985FB41661BC6E7FD6C"
                   "8734640C4998FF7E374B06CE1A64A2ECD82AB036384FB83D9A79B127A27D5032",
                   &expected));
    ck_assert(span_equal(card_fixture_data(&f), SPAN_OF(point)));
    struct key heir;
    ck_assert_int_eq(key_load(f.store, 10, &heir), 0);
    ck_assert_int_eq(heir.origin, KEY_DERIVED);
    ck_assert(heir.in_domain);
}
END_TEST

/* --- Bad ones --- */

/* An RSA key of this pairs of primes, as type 06, with numbers altered by the caller. */
struct forged {
    BN_CTX *context;
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qinv;
    uint8_t bytes[8][300];
};

static BIGNUM *number(unsigned long word)
{
    BIGNUM *n = BN_new();
    BN_set_word(n, word);
    return n;
}

static void forged_init(struct forged *k)
{
    *k = (struct forged){ BN_CTX_new(), number(0), number(65537), number(0), number(0),
                          number(0),    number(0), number(0),     number(0) };
    do
        BN_generate_prime_ex(k->p, 512, 0, NULL, NULL, NULL);
    while (BN_mod_word(k->p, 65537) == 1);
    do
        BN_generate_prime_ex(k->q, 512, 0, NULL, NULL, NULL);
    while (BN_mod_word(k->q, 65537) == 1);
}

/* What follows from p, q and e, as if both were primes. */
static void forged_finish(struct forged *k)
{
    BIGNUM *p1 = BN_dup(k->p), *q1 = BN_dup(k->q), *phi = number(0);
    BN_sub_word(p1, 1);
    BN_sub_word(q1, 1);
    BN_mul(k->n, k->p, k->q, k->context);
    BN_mul(phi, p1, q1, k->context);
    ck_assert_ptr_nonnull(BN_mod_inverse(k->d, k->e, phi, k->context));
    BN_mod(k->dp, k->d, p1, k->context);
    BN_mod(k->dq, k->d, q1, k->context);
    (void)!BN_mod_inverse(k->qinv, k->q, k->p, k->context);
    BN_free(p1);
    BN_free(q1);
    BN_free(phi);
}

static void forged_deinit(struct forged *k)
{
    BIGNUM *const all[] = { k->n, k->e, k->d, k->p, k->q, k->dp, k->dq, k->qinv };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        BN_free(all[i]);
    BN_CTX_free(k->context);
}

static struct span bytes_of(const BIGNUM *n, uint8_t *at)
{
    return span_of(at, (size_t)BN_bn2bin(n, at));
}

static struct span seal(enum key_blob_type type, struct forged *k, struct writer *out)
{
    struct key_blob_key key = { .type = type, .spec = { .type = KEY_RSA, .bits = 1024 } };
    key.parts = (struct key_parts){
        .n = bytes_of(k->n, k->bytes[0]),
        .e = bytes_of(k->e, k->bytes[1]),
        .d = bytes_of(k->d, k->bytes[2]),
        .p = bytes_of(k->p, k->bytes[3]),
        .q = bytes_of(k->q, k->bytes[4]),
        .dp = bytes_of(k->dp, k->bytes[5]),
        .dq = bytes_of(k->dq, k->bytes[6]),
        .qinv = bytes_of(k->qinv, k->bytes[7]),
    };
    write_trim(out, 0);
    ck_assert_int_eq(key_blob_seal(&kek, &key, span_of("\0\1\2\3\4\5\6\7", 8), out), 0);
    return written(out);
}

static struct audit_record last_record(void)
{
    return card_fixture_last_record(&f);
}

static void assert_record(enum audit_action action, unsigned status, struct span blob)
{
    uint8_t digest[32];
    struct audit_record record = last_record();
    SHA256(blob.at, blob.size, digest);
    ck_assert_int_eq(record.action, action);
    ck_assert_uint_eq(record.sw, status);
    ck_assert_uint_eq(record.object, 0xCC09);
    ck_assert(span_equal(SPAN_OF(record.digest), SPAN_OF(digest)));
}

/* With a key 09 there already: it must stay what it is. The login keeps refusals in a row from
 * being joined into one record. */
static void assert_refused_as(uint16_t status, struct span blob)
{
    struct key before, after;
    ck_assert_int_eq(key_load(f.store, 9, &before), 0);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, blob), status);
    assert_record(AUDIT_KEY_IMPORTED, status, blob);
    ck_assert_int_eq(key_load(f.store, 9, &after), 0);
    ck_assert(span_equal(SPAN_OF(before.hash), SPAN_OF(after.hash)));
}

static void assert_refused(struct span blob)
{
    assert_refused_as(0x6A80, blob);
}

static void put_key_nine(struct writer *blob)
{
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_P256), 0x9000);
    wrap(2, blob);
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, written(blob)), 0x9000);
    assert_record(AUDIT_KEY_IMPORTED, 0x9000, written(blob));
    write_trim(blob, 0);
}

START_TEST(good_forgery_is_taken)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    struct forged k;
    forged_init(&k);
    forged_finish(&k);
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, seal(BLOB_RSA_CRT, &k, &blob)), 0x9000);
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, seal(BLOB_RSA, &k, &blob)), 0x9000);
    BN_swap(k.p, k.q); /* the smaller first: the other form of the same key */
    forged_finish(&k);
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, seal(BLOB_RSA_CRT, &k, &blob)), 0x9000);
    forged_deinit(&k);
}
END_TEST

/* A product of two primes where one prime should be. */
static void make_composite(BIGNUM *out, BN_CTX *context)
{
    BIGNUM *a = number(0), *b = number(0);
    do {
        BN_generate_prime_ex(a, 256, 0, NULL, NULL, NULL);
        BN_generate_prime_ex(b, 256, 0, NULL, NULL, NULL);
        BN_mul(out, a, b, context);
    } while (BN_num_bits(out) != 512 || BN_mod_word(out, 65537) == 1);
    BN_free(a);
    BN_free(b);
}

START_TEST(composite_factors_are_refused)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    put_key_nine(&blob);
    for (int which = 0; which < 2; which++) {
        struct forged k;
        forged_init(&k);
        make_composite(which ? k.q : k.p, k.context);
        forged_finish(&k);
        assert_refused(seal(BLOB_RSA_CRT, &k, &blob));
        assert_refused(seal(BLOB_RSA, &k, &blob));
        forged_deinit(&k);
    }
}
END_TEST

/* --- Parts that do not fit, one at a time --- */

static void spoil_n(struct forged *k)
{
    BN_add_word(k->n, 2);
}
static void spoil_n_even(struct forged *k)
{
    BN_sub_word(k->n, 1);
}
static void spoil_p_even(struct forged *k)
{
    BN_sub_word(k->p, 1);
    BN_mul(k->n, k->p, k->q, k->context);
}
static void spoil_dp(struct forged *k)
{
    BN_add_word(k->dp, 2);
}
static void spoil_dq(struct forged *k)
{
    BN_add_word(k->dq, 2);
}
static void spoil_qinv(struct forged *k)
{
    BN_add_word(k->qinv, 1);
}
static void spoil_e(struct forged *k)
{
    BN_set_word(k->e, 65539);
}
static void spoil_e_even(struct forged *k)
{
    BN_set_word(k->e, 65538);
}
static void spoil_e_one(struct forged *k)
{
    BN_one(k->e);
}
static void spoil_e_zero(struct forged *k)
{
    BN_zero(k->e);
}
static void spoil_p_one(struct forged *k)
{
    BN_copy(k->q, k->n);
    BN_one(k->p);
}
static void spoil_p_zero(struct forged *k)
{
    BN_zero(k->p);
}
static void spoil_same_factor(struct forged *k)
{
    BN_copy(k->q, k->p);
    BN_mul(k->n, k->p, k->q, k->context);
}
static void spoil_size(struct forged *k)
{
    BN_lshift(k->p, k->p, 8);
    BN_mul(k->n, k->p, k->q, k->context);
}

static void (*const spoils[])(struct forged *) = {
    spoil_n,     spoil_n_even, spoil_p_even, spoil_dp,          spoil_dq,
    spoil_qinv,  spoil_e,      spoil_e_even, spoil_e_one,       spoil_e_zero,
    spoil_p_one, spoil_p_zero, spoil_size,   spoil_same_factor,
};

START_TEST(factors_that_do_not_fit_are_refused)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    struct forged k;
    put_key_nine(&blob);
    forged_init(&k);
    forged_finish(&k);
    spoils[_i](&k);
    assert_refused(seal(BLOB_RSA_CRT, &k, &blob));
    forged_deinit(&k);
}
END_TEST

static void spoil_d(struct forged *k)
{
    BN_add_word(k->d, 2);
}
static void spoil_d_zero(struct forged *k)
{
    BN_zero(k->d);
}
static void spoil_d_one(struct forged *k)
{
    BN_one(k->d);
}
static void spoil_n_zero(struct forged *k)
{
    BN_zero(k->n);
}

static void spoil_n_one(struct forged *k)
{
    BN_one(k->n);
}
static void spoil_n_three(struct forged *k)
{
    BN_set_word(k->n, 3);
}

static void (*const spoils_without_factors[])(struct forged *) = {
    spoil_n,      spoil_n_even,  spoil_e,      spoil_e_even,      spoil_e_one,
    spoil_e_zero, spoil_d,       spoil_d_zero, spoil_d_one,       spoil_n_zero,
    spoil_n_one,  spoil_n_three, spoil_size,   spoil_same_factor,
};

START_TEST(exponents_that_do_not_fit_are_refused)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    struct forged k;
    put_key_nine(&blob);
    forged_init(&k);
    forged_finish(&k);
    spoils_without_factors[_i](&k);
    assert_refused(seal(BLOB_RSA, &k, &blob));
    forged_deinit(&k);
}
END_TEST

/* --- EC --- */

/* d = 1 and the generator belong together. */
static const uint8_t one[] = { 1 }, two[] = { 2 }, zero[] = { 0 };

static struct span seal_ec(struct span scalar, struct span point, struct writer *out)
{
    const struct curve *curve = curve_by_name("P-256");
    const struct key_blob_key key = { .type = BLOB_EC,
                                      .spec = { .type = KEY_EC, .bits = 256, .curve = curve },
                                      .parts = { .scalar = scalar, .point = point } };
    write_trim(out, 0);
    ck_assert_int_eq(key_blob_seal(&kek, &key, span_of("\0\1\2\3\4\5\6\7", 8), out), 0);
    return written(out);
}

START_TEST(points_that_do_not_fit_are_refused)
{
    uint8_t bytes[KEY_BLOB_MAX], off_curve[65];
    struct writer blob = WRITER_OF(bytes);
    struct curve_storage storage;
    struct domain_parameters p256;
    put_key_nine(&blob);
    ck_assert_int_eq(curve_parameters(curve_by_name("P-256"), &storage, &p256), 0);
    memcpy(off_curve, p256.generator.at, sizeof off_curve);
    off_curve[64] ^= 1;
    assert_refused(seal_ec(SPAN_OF(two), p256.generator, &blob));     /* of another d */
    assert_refused(seal_ec(SPAN_OF(one), SPAN_OF(off_curve), &blob)); /* off the curve */
    assert_refused(seal_ec(SPAN_OF(one), SPAN_OF(zero), &blob));      /* infinity */
    assert_refused(seal_ec(SPAN_OF(one), (struct span){ 0 }, &blob)); /* none */
    assert_refused(seal_ec(SPAN_OF(zero), p256.generator, &blob));    /* d too small */
    assert_refused(seal_ec(p256.order, p256.generator, &blob));       /* d too large */
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, seal_ec(SPAN_OF(one), p256.generator, &blob)),
                      0x9000); /* d without its leading zeros */
}
END_TEST

/* A byte of the curve's parameters is another: the curve is not known then. */
START_TEST(unknown_curves_are_refused)
{
    uint8_t bytes[KEY_BLOB_MAX], plain_bytes[KEY_BLOB_MAX], bad_bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes), plain = WRITER_OF(plain_bytes);
    struct key_blob parts;
    put_key_nine(&blob);
    wrap(2, &blob);
    ck_assert(key_blob_read(written(&blob), &parts));
    ck_assert_int_eq(kek_decrypt(&kek, parts.cipher, &plain), 0);
    /* 8 random, 2 size, then a, b, p, n, G with two bytes of length each */
    static const size_t places[] = { 12, 12 + 34, 12 + 2 * 34, 12 + 3 * 34, 13 + 4 * 34 };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct writer bad = WRITER_OF(bad_bytes);
        plain_bytes[places[i] + 20] ^= 1;
        write_span(&bad,
                   span_part(parts.authenticated, 0, parts.authenticated.size - parts.cipher.size));
        ck_assert_int_eq(kek_encrypt(&kek, written(&plain), &bad), 0);
        ck_assert_int_eq(kek_authenticate(&kek, written(&bad), &bad), 0);
        assert_refused(written(&bad));
        plain_bytes[places[i] + 20] ^= 1;
    }
}
END_TEST

/* --- AES, and what is no key at all --- */

/* Authentic, with these components. */
static struct span seal_plain(uint8_t type, struct span components, struct writer *out)
{
    uint8_t bytes[KEY_BLOB_MAX] = { 0 };
    struct writer plain = WRITER_OF(bytes);
    write_zeros(&plain, KEY_BLOB_RANDOM);
    write_span(&plain, components);
    write_u8(&plain, 0x80);
    write_zeros(&plain, (16 - plain.size % 16) % 16);
    write_trim(out, 0);
    write_span(out, SPAN_OF(kek.check));
    write_u8(out, type);
    write_zeros(out, 4 * sizeof(uint16_t)); /* OID, algorithms, conditions, key OID */
    ck_assert_int_eq(kek_encrypt(&kek, written(&plain), out), 0);
    ck_assert_int_eq(kek_authenticate(&kek, written(out), out), 0);
    return written(out);
}

START_TEST(aes_keys_of_other_sizes_are_refused)
{
    static const uint16_t said[] = { 0, 1, 15, 17, 31, 33, 64, 256, 0xFFFF };
    uint8_t bytes[KEY_BLOB_MAX], components[2 + 256] = { 0 };
    struct writer blob = WRITER_OF(bytes);
    put_key_nine(&blob);
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        struct writer size = writer_of(components, 2);
        write_u16(&size, said[i]);
        assert_refused(seal_plain(BLOB_AES, SPAN_OF(components), &blob));
    }
    struct writer size = writer_of(components, 2);
    write_u16(&size, 32);
    ck_assert_uint_eq(send(&f, 0x74, 9, 0x93, seal_plain(BLOB_AES, SPAN_OF(components), &blob)),
                      0x9000);
}
END_TEST

/* Numbers that run beyond the end, are empty, or are missing. */
START_TEST(authentic_nonsense_is_refused)
{
    static const uint8_t types[] = { 0x00, BLOB_RSA, BLOB_RSA_CRT, BLOB_EC, 0xFE, 0xFF };
    static const uint8_t lengths[] = { 0x00, 0x01, 0x40, 0xFF };
    uint8_t bytes[KEY_BLOB_MAX], components[256];
    struct writer blob = WRITER_OF(bytes);
    put_key_nine(&blob);
    for (size_t i = 0; i < COUNT_OF(types); i++)
        for (size_t j = 0; j < COUNT_OF(lengths); j++) {
            memset(components, lengths[j], sizeof components);
            assert_refused(seal_plain(types[i], SPAN_OF(components), &blob));
            assert_refused(seal_plain(types[i], span_of(components, 1), &blob));
        }
}
END_TEST

/* Of a secret that this device does not have; and the same with the check value of its own. */
START_TEST(blobs_of_another_secret_are_refused)
{
    uint8_t bytes[KEY_BLOB_MAX], copy[KEY_BLOB_MAX], secret[KEK_SIZE] = { 9 };
    struct writer blob = WRITER_OF(bytes);
    const struct kek own = kek;
    put_key_nine(&blob);
    ck_assert_int_eq(kek_derive(SPAN_OF(secret), &kek), 0);
    struct curve_storage storage;
    struct domain_parameters p256;
    ck_assert_int_eq(curve_parameters(curve_by_name("P-256"), &storage, &p256), 0);
    struct span foreign = seal_ec(SPAN_OF(one), p256.generator, &blob);
    assert_refused_as(0x6A88, foreign);
    memcpy(copy, foreign.at, foreign.size);
    memcpy(copy, own.check, sizeof own.check);
    assert_refused(span_of(copy, foreign.size));
}
END_TEST

/* The hardware takes factors up to 2048 bits alone. */
/* Whose secret is known to everybody: zero, as is its check value. */
START_TEST(blobs_for_a_domain_without_its_shares_are_refused)
{
    static const uint8_t no_share[KEK_SIZE];
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    struct curve_storage storage;
    struct domain_parameters p256;
    put_key_nine(&blob);
    ck_assert_int_eq(curve_parameters(curve_by_name("P-256"), &storage, &p256), 0);
    ck_assert_int_eq(kek_derive(SPAN_OF(no_share), &kek), 0);
    memset(kek.check, 0, sizeof kek.check);
    ck_assert_uint_eq(card_fixture_status(&f, "80 52 04 00 00"), 0x9000);
    assert_refused_as(0x6A88, seal_ec(SPAN_OF(one), p256.generator, &blob));
}
END_TEST

START_TEST(factors_of_a_large_key_are_refused)
{
    static const struct key_spec spec = { .type = KEY_RSA, .bits = 3072, .exponent = 65537 };
    uint8_t made[KEY_MATERIAL_MAX], bytes[KEY_BLOB_MAX];
    struct writer material = WRITER_OF(made), blob = WRITER_OF(bytes);
    struct key_blob_key key = { .type = BLOB_RSA_CRT, .spec = spec };
    const struct key_kind *kind = key_kind_of(KEY_RSA);
    put_key_nine(&blob);
    ck_assert_int_eq(kind->generate(&spec, NULL, &material), 0);
    ck_assert_int_eq(kind->to_parts(&spec, written(&material), &key.parts), 0);
    ck_assert_int_eq(key_blob_seal(&kek, &key, span_of("\0\1\2\3\4\5\6\7", 8), &blob), 0);
    assert_refused(written(&blob));
}
END_TEST

/* --- Records --- */

START_TEST(wrapping_records_the_blob_and_refusing_records_none)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    put_key_nine(&blob);
    wrap(9, &blob);
    assert_record(AUDIT_KEY_EXPORTED, 0x9000, written(&blob));
    ck_assert_uint_eq(card_fixture_status(&f, "80 52 04 00 00"), 0x9000);
    ck_assert_int_eq(last_record().action, AUDIT_DOMAIN_CLEARED);
    ck_assert_uint_eq(send(&f, 0x72, 9, 0x92, (struct span){ 0 }), 0x6985);
    struct audit_record record = last_record();
    ck_assert_int_eq(record.action, AUDIT_KEY_EXPORTED);
    ck_assert_uint_eq(record.sw, 0x6985);
    ck_assert(span_is_zero(SPAN_OF(record.digest)));
    ck_assert(!span_is_zero(SPAN_OF(record.key)));
}
END_TEST

START_TEST(shares_and_secrets_leave_no_digest)
{
    ck_assert_int_eq(last_record().action, AUDIT_DKEK_SHARE);
    ck_assert(span_is_zero(SPAN_OF(last_record().digest)));
    ck_assert_uint_eq(card_fixture_status(&f, "00 48 06 B2"), 0x9000);
    ck_assert(span_is_zero(SPAN_OF(last_record().key)));
    static const struct {
        const char *command;
        enum audit_action action;
    } uses[] = { { "80 78 06 18 05 68656C6C6F 00", AUDIT_CIPHER },
                 { "80 78 06 99 05 68656C6C6F 00", AUDIT_DERIVE } };
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        ck_assert_uint_eq(card_fixture_status(&f, uses[i].command), 0x9000);
        ck_assert_int_eq(last_record().action, uses[i].action);
        ck_assert_uint_eq(last_record().object, 0xCC06);
        ck_assert(span_is_zero(SPAN_OF(last_record().digest)));
    }
}
END_TEST

/* --- Shares from nobody who is logged in --- */

#define INITIALIZE_TWO_SHARES                                                                      \
    "80 50 00 00 1C 80 02 00 01 81 06 363438323139 82 08 3537363231383830 91 01 03 92 01 02"
#define SHARE "80 52 00 00 20 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

static void assert_dkek(uint8_t shares, uint8_t missing, uint8_t unasked)
{
    struct dkek_facts facts;
    ck_assert_int_eq(domain_dkek_facts(f.store, &facts), 0);
    ck_assert(facts.exists);
    ck_assert_uint_eq(facts.shares, shares);
    ck_assert_uint_eq(facts.missing, missing);
    ck_assert_uint_eq(facts.unasked, unasked);
}

START_TEST(shares_without_login_are_named_and_counted)
{
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE_TWO_SHARES), 0x9000);
    assert_dkek(2, 2, 0);
    ck_assert_uint_eq(card_fixture_status(&f, SHARE), 0x9000); /* INITIALIZE has logged in */
    ck_assert_int_eq(last_record().role, AUDIT_USER);
    assert_dkek(2, 1, 0);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(card_fixture_status(&f, SHARE), 0x9000);
    ck_assert_int_eq(last_record().action, AUDIT_DKEK_SHARE);
    ck_assert_int_eq(last_record().role, AUDIT_NOBODY);
    ck_assert_uint_eq(last_record().sw, 0x9000);
    assert_dkek(2, 0, 1);
    ck_assert_uint_eq(card_fixture_status(&f, SHARE), 0x6985);
    ck_assert_int_eq(last_record().role, AUDIT_NOBODY);
    assert_dkek(2, 0, 1);

    /* What the user clears is not forgotten; INITIALIZE begins anew. */
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "80 52 04 00 00"), 0x9000);
    assert_dkek(2, 2, 1);
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE_TWO_SHARES), 0x9000);
    assert_dkek(2, 2, 0);
}
END_TEST

START_TEST(setting_makes_every_share_want_the_user)
{
    f.env.share_login = true;
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE_TWO_SHARES), 0x9000);
    card_reset(f.card);
    ck_assert_uint_eq(card_fixture_status(&f, SHARE), 0x6982);
    ck_assert_uint_eq(last_record().sw, 0x6982);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 88 08 3537363231383830"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SHARE), 0x6982);
    assert_dkek(2, 2, 0);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SHARE), 0x9000);
    assert_dkek(2, 1, 0);
}
END_TEST

/* --- Counters: exact over power cuts --- */

START_TEST(use_counter_is_exact_over_restarts)
{
    ck_assert_uint_eq(card_fixture_status(&f, "00 48 06 B2 06 90 04 00000005"), 0x9000);
    for (unsigned uses = 0; uses < 5; uses++) {
        card_fixture_power_cycle(&f);
        ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
        ck_assert_uint_eq(card_fixture_status(&f, "80 78 06 10 10 " HASH), 0x6700);
        ck_assert_uint_eq(card_fixture_status(&f, "80 78 06 10 0F 000102030405060708090A0B0C0D0E"),
                          0x6A80);
        ck_assert_uint_eq(
            card_fixture_status(&f, "80 78 06 10 10 000102030405060708090A0B0C0D0E0F 00"), 0x9000);
    }
    ck_assert_uint_eq(card_fixture_status(&f, "80 78 06 18 01 00"), 0x6984);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("card_wrap");
    TCase *all = tcase_create("card_wrap");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, rsa_2048_travels_with_its_factors);
    tcase_add_test(all, rsa_3072_travels_without_its_factors);
    tcase_add_test(all, ec_key_travels);
    tcase_add_test(all, two_wraps_of_a_key_differ);
    tcase_add_test(all, imported_key_is_marked_and_may_leave_again);
    tcase_add_test(all, derived_key_is_the_sum);
    tcase_add_test(all, good_forgery_is_taken);
    tcase_add_test(all, composite_factors_are_refused);
    tcase_add_loop_test(all, factors_that_do_not_fit_are_refused, 0, (int)COUNT_OF(spoils));
    tcase_add_loop_test(all, exponents_that_do_not_fit_are_refused, 0,
                        (int)COUNT_OF(spoils_without_factors));
    tcase_add_test(all, points_that_do_not_fit_are_refused);
    tcase_add_test(all, unknown_curves_are_refused);
    tcase_add_test(all, aes_keys_of_other_sizes_are_refused);
    tcase_add_test(all, authentic_nonsense_is_refused);
    tcase_add_test(all, blobs_of_another_secret_are_refused);
    tcase_add_test(all, blobs_for_a_domain_without_its_shares_are_refused);
    tcase_add_test(all, factors_of_a_large_key_are_refused);
    tcase_add_test(all, wrapping_records_the_blob_and_refusing_records_none);
    tcase_add_test(all, shares_and_secrets_leave_no_digest);
    tcase_add_test(all, shares_without_login_are_named_and_counted);
    tcase_add_test(all, setting_makes_every_share_want_the_user);
    tcase_add_test(all, use_counter_is_exact_over_restarts);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
