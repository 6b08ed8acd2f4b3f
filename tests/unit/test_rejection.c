/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/rejection: good and bad PKCS#1 v1.5 blocks, against Wycheproof's messages and, for bad
 * ones, against OpenSSL's. */
#include "crypto/rejection.h"
#include "tests/support/rejection_vectors.h"
#include "tests/support/suite.h"
#include "tests/support/wycheproof.h"

#include <string.h>

static const struct scheme pkcs1 = { PADDING_PKCS1, DIGEST_NONE };
static const struct scheme raw = { PADDING_NONE, DIGEST_NONE };

static const struct {
    const char *file;
    size_t tests;
} files[] = {
    { "rsa_pkcs1_2048_test.json", 67 },
    { "rsa_pkcs1_3072_test.json", 67 },
    { "rsa_pkcs1_4096_test.json", 67 },
};

static void check_block(void *context, json_t *group, json_t *test)
{
    const char *file = context;
    const struct key_kind *kind = key_kind_of(KEY_RSA);
    struct key_spec spec;
    struct live_key *key = NULL;
    uint8_t material_bytes[KEY_MATERIAL_MAX], storage_bytes[4096], bytes[KEY_RESULT_MAX];
    struct writer material = WRITER_OF(material_bytes), storage = WRITER_OF(storage_bytes),
                  out = WRITER_OF(bytes);
    struct span cipher = wycheproof_bytes(test, "ct", &storage);
    struct span message = rejection_message(file, test, &storage);

    wycheproof_rsa_key(group, &spec, &material);
    ck_assert_int_eq(kind->open(&spec, written(&material), &key), 0);
    int result = kind->decipher(key, pkcs1, cipher, &out);
    ck_assert_int_eq(result, message.at ? 0 : CRYPTO_BAD_INPUT);
    ck_assert_msg(span_equal(written(&out), message), "test %lld",
                  json_integer_value(json_object_get(test, "tcId")));
    live_key_close(&key);
}

START_TEST(published_blocks_decipher_to_their_messages)
{
    char file[64];
    ck_assert_int_eq(crypto_init(), 0);
    strcpy(file, files[_i].file);
    ck_assert_uint_eq(wycheproof_each(file, check_block, file), files[_i].tests);
}
END_TEST

/* --- A fresh key --- */

struct fixture {
    const struct key_kind *kind;
    struct key_spec spec;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material;
    struct public_part public_part;
    struct live_key *key;
};

static void set_up(struct fixture *f)
{
    ck_assert_int_eq(crypto_init(), 0);
    *f = (struct fixture){
        .kind = key_kind_of(KEY_RSA),
        .spec = { .type = KEY_RSA, .bits = 1024, .exponent = 65537 },
    };
    f->material = WRITER_OF(f->bytes);
    ck_assert_int_eq(f->kind->generate(&f->spec, NULL, &f->material), 0);
    ck_assert_int_eq(f->kind->public_part(&f->spec, written(&f->material), &f->public_part), 0);
    ck_assert_int_eq(f->kind->open(&f->spec, written(&f->material), &f->key), 0);
}

/* A cipher text below every modulus of the size; n makes it another one. */
static struct span cipher_of(uint16_t n, struct writer *out)
{
    write_trim(out, 0);
    write_zeros(out, 2);
    write_u16(out, n);
    while (out->size < 128)
        write_u8(out, 0x5A);
    return written(out);
}

/* That 200 blocks chosen without knowing the key are all bad has a chance near one: a good one is
 * one among 65,536 at least. What is drawn for them is short and long, never too long. */
START_TEST(bad_blocks_have_messages_of_all_lengths)
{
    struct fixture f;
    size_t longest = 0, shortest = 128, sum = 0;
    set_up(&f);
    for (uint16_t n = 0; n < 200; n++) {
        uint8_t cipher_bytes[128], bytes[128];
        struct writer cipher = WRITER_OF(cipher_bytes), out = WRITER_OF(bytes);
        ck_assert_int_eq(f.kind->decipher(f.key, pkcs1, cipher_of(n, &cipher), &out), 0);
        longest = out.size > longest ? out.size : longest;
        shortest = out.size < shortest ? out.size : shortest;
        sum += out.size;
    }
    ck_assert_uint_le(longest, 128 - 11);
    ck_assert_uint_gt(longest, 100);
    ck_assert_uint_lt(shortest, 20);
    ck_assert_uint_gt(sum / 200, 45);
    ck_assert_uint_lt(sum / 200, 75);
    live_key_close(&f.key);
}
END_TEST

static void assert_same(struct live_key *one, struct live_key *other, struct span cipher)
{
    uint8_t one_bytes[128], other_bytes[128];
    struct writer from_one = WRITER_OF(one_bytes), from_other = WRITER_OF(other_bytes);
    ck_assert_int_eq(key_kind_of(KEY_RSA)->decipher(one, pkcs1, cipher, &from_one), 0);
    ck_assert_int_eq(key_kind_of(KEY_RSA)->decipher(other, pkcs1, cipher, &from_other), 0);
    ck_assert(span_equal(written(&from_one), written(&from_other)));
}

/* The n-th part of the material. */
static BIGNUM *part(const struct fixture *f, int n)
{
    struct reader in = reader_of(written(&f->material));
    struct span bytes = { 0 };
    for (int i = 0; i <= n; i++)
        bytes = read_counted(&in);
    return BN_bin2bn(bytes.at, (int)bytes.size, NULL);
}

/* Parts n, e, then another d, then the rest. */
static void write_clone(const struct fixture *f, const BIGNUM *d, struct writer *out)
{
    struct reader in = reader_of(written(&f->material));
    for (int i = 0; i < 8; i++) {
        uint8_t bytes[128];
        struct span old = read_counted(&in);
        ck_assert_int_eq(BN_bn2binpad(d, bytes, sizeof bytes), sizeof bytes);
        write_counted(out, i == 2 ? SPAN_OF(bytes) : old);
    }
}

/* Every d counts that is right modulo lcm(p - 1, q - 1), and software differs in which it keeps:
 * (p - 1)(q - 1) / 2, a multiple of that, leads from one to another. */
START_TEST(copies_with_another_private_exponent_agree)
{
    struct fixture f;
    uint8_t bytes[KEY_MATERIAL_MAX], cipher_bytes[128];
    struct writer material = WRITER_OF(bytes), cipher = WRITER_OF(cipher_bytes);
    struct live_key *clone = NULL;
    set_up(&f);
    BIGNUM *d = part(&f, 2), *p = part(&f, 3), *q = part(&f, 4), *half = BN_new();
    BN_CTX *context = BN_CTX_new();
    BN_sub_word(p, 1);
    BN_sub_word(q, 1);
    BN_mul(half, p, q, context);
    BN_rshift1(half, half);
    ck_assert_int_eq(BN_cmp(d, half) < 0 ? BN_add(d, d, half) : BN_sub(d, d, half), 1);
    write_clone(&f, d, &material);
    ck_assert(!span_equal(written(&material), written(&f.material)));
    ck_assert_int_eq(f.kind->open(&f.spec, written(&material), &clone), 0);
    assert_same(f.key, clone, cipher_of(1, &cipher));
    assert_same(f.key, clone, cipher_of(2, &cipher));
    BN_CTX_free(context);
    BN_free(d);
    BN_free(p);
    BN_free(q);
    BN_free(half);
    live_key_close(&clone);
    live_key_close(&f.key);
}
END_TEST

START_TEST(another_cipher_text_has_another_message)
{
    struct fixture f;
    uint8_t cipher_bytes[128], first_bytes[128], second_bytes[128];
    struct writer cipher = WRITER_OF(cipher_bytes), first = WRITER_OF(first_bytes),
                  second = WRITER_OF(second_bytes);
    set_up(&f);
    ck_assert_int_eq(f.kind->decipher(f.key, pkcs1, cipher_of(1, &cipher), &first), 0);
    ck_assert_int_eq(f.kind->decipher(f.key, pkcs1, cipher_of(2, &cipher), &second), 0);
    ck_assert(!span_equal(written(&first), written(&second)));
    live_key_close(&f.key);
}
END_TEST

/* --- Edges of a block --- */

/* Block with padding of so many bytes before its zero; all of the message is AA. */
static void write_block(size_t padding, struct writer *out)
{
    write_u16(out, 2);
    for (size_t i = 0; i < padding; i++)
        write_u8(out, 1);
    if (padding < 126)
        write_u8(out, 0);
    while (out->size < 128)
        write_u8(out, 0xAA);
}

START_TEST(padding_of_eight_bytes_is_the_shortest)
{
    static const struct {
        size_t padding;
        bool good;
    } cases[] = { { 0, false },  { 1, false },  { 7, false },  { 8, true },
                  { 9, true },   { 124, true }, { 125, true }, /* an empty message */
                  { 126, false } /* no zero */ };
    const uint8_t seed[SHA256_SIZE] = { 7 };
    ck_assert_int_eq(crypto_init(), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t block_bytes[128], cipher[128] = { 3 }, bytes[128], message[128];
        struct writer block = WRITER_OF(block_bytes), out = WRITER_OF(bytes);
        memset(message, 0xAA, sizeof message);
        write_block(cases[i].padding, &block);
        ck_assert_int_eq(rejection_unpad(seed, SPAN_OF(cipher), written(&block), &out), 0);
        size_t size = cases[i].padding < 125 ? 125 - cases[i].padding : 0;
        bool taken = span_equal(written(&out), span_of(message, size));
        ck_assert_msg(taken == cases[i].good, "padding of %zu", cases[i].padding);
    }
}
END_TEST

START_TEST(raw_deciphering_stays_raw)
{
    struct fixture f;
    uint8_t cipher_bytes[128], bytes[128];
    struct writer cipher = WRITER_OF(cipher_bytes), out = WRITER_OF(bytes);
    set_up(&f);
    cipher_of(1, &cipher);
    ck_assert_int_eq(f.kind->decipher(f.key, pkcs1, written(&cipher), &out), 0);
    write_trim(&out, 0);
    ck_assert_int_eq(f.kind->decipher(f.key, raw, written(&cipher), &out), 0);
    ck_assert_uint_eq(out.size, 128);
    ck_assert_int_eq(f.kind->verify(&f.spec, &f.public_part, raw, written(&cipher), written(&out)),
                     0);
    live_key_close(&f.key);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rejection");
    TCase *all = tcase_create("rejection");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, published_blocks_decipher_to_their_messages, 0, COUNT_OF(files));
    tcase_add_test(all, bad_blocks_have_messages_of_all_lengths);
    tcase_add_test(all, copies_with_another_private_exponent_agree);
    tcase_add_test(all, another_cipher_text_has_another_message);
    tcase_add_test(all, padding_of_eight_bytes_is_the_shortest);
    tcase_add_test(all, raw_deciphering_stays_raw);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
