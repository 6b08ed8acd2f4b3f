/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/kind_aes: against SP 800-38A and Wycheproof, and with what must be refused. */
#include <string.h>

#include "crypto/crypto.h"
#include "tests/support/suite.h"
#include "tests/support/wycheproof.h"

static const struct key_kind *kind;

static void set_up(void)
{
    ck_assert_int_eq(crypto_init(), 0);
    kind = key_kind_of(KEY_AES);
}

static struct span decode(const char *hex, uint8_t *at, size_t size)
{
    struct writer out = writer_of(at, size);
    ck_assert(hex_decode(hex, &out));
    return written(&out);
}

static int run(struct span secret, enum cipher_mode mode, struct span input, struct writer *out)
{
    uint8_t bytes[64];
    struct writer material = WRITER_OF(bytes);
    const struct key_spec spec = { .type = KEY_AES, .bits = (uint16_t)(8 * secret.size) };
    struct live_key *key = NULL;
    write_counted(&material, secret);
    int result = kind->open(&spec, written(&material), &key);
    if (!result)
        result = kind->cipher(key, (struct scheme){ .mode = mode }, input, out);
    live_key_close(&key);
    return result;
}

/* --- CBC: SP 800-38A F.2.1 to F.2.6 --- */

#define IV "000102030405060708090a0b0c0d0e0f"
#define PLAIN                                                                                      \
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"                             \
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

static const struct {
    const char *key, *cipher;
} cbc[] = {
    { "2b7e151628aed2a6abf7158809cf4f3c",
      "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
      "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7" },
    { "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
      "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd" },
    { "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
      "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
};

/* The IV is zero here: it goes into the first block, as hosts do it. */
START_TEST(cbc_is_that_of_the_standard)
{
    uint8_t key[32], plain[64], cipher[64], iv[16], bytes[64];
    struct span secret = decode(cbc[_i].key, key, sizeof key);
    decode(PLAIN, plain, sizeof plain);
    decode(cbc[_i].cipher, cipher, sizeof cipher);
    decode(IV, iv, sizeof iv);
    for (size_t i = 0; i < sizeof iv; i++)
        plain[i] ^= iv[i];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(run(secret, MODE_CBC_ENCRYPT, SPAN_OF(plain), &out), 0);
    ck_assert(span_equal(written(&out), SPAN_OF(cipher)));
    out = WRITER_OF(bytes);
    ck_assert_int_eq(run(secret, MODE_CBC_DECRYPT, SPAN_OF(cipher), &out), 0);
    ck_assert(span_equal(written(&out), SPAN_OF(plain)));
}
END_TEST

START_TEST(cbc_takes_whole_blocks_alone)
{
    uint8_t key[16] = { 0 }, input[33] = { 0 }, bytes[64];
    for (size_t size = 0; size <= sizeof input; size++) {
        struct writer out = WRITER_OF(bytes);
        int expected = size && size % 16 == 0 ? 0 : CRYPTO_BAD_INPUT;
        ck_assert_int_eq(run(SPAN_OF(key), MODE_CBC_ENCRYPT, span_of(input, size), &out), expected);
        ck_assert_int_eq(out.size, expected ? 0 : size);
    }
}
END_TEST

START_TEST(a_result_that_does_not_fit_leaves_the_writer_full)
{
    uint8_t key[16] = { 0 }, input[32] = { 0 }, bytes[31];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(run(SPAN_OF(key), MODE_CBC_ENCRYPT, SPAN_OF(input), &out), 0);
    ck_assert(out.full && out.size == 0);
}
END_TEST

/* --- CMAC and HKDF: Wycheproof --- */

struct scratch {
    uint8_t bytes[4096];
    struct writer writer;
    unsigned compared;
};

static bool is_key_size(struct span key)
{
    return key.size == 16 || key.size == 24 || key.size == 32;
}

static void check_cmac(void *context, json_t *group, json_t *test)
{
    struct scratch *scratch = context;
    scratch->writer = WRITER_OF(scratch->bytes);
    struct span key = wycheproof_bytes(test, "key", &scratch->writer);
    struct span message = wycheproof_bytes(test, "msg", &scratch->writer);
    struct span tag = wycheproof_bytes(test, "tag", &scratch->writer);
    uint8_t bytes[16];
    struct writer out = WRITER_OF(bytes);
    if (json_integer_value(json_object_get(group, "tagSize")) != 128 || !is_key_size(key))
        return;
    bool valid = strcmp(wycheproof_text(test, "result"), "valid") == 0;
    ck_assert_int_eq(run(key, MODE_CMAC, message, &out), 0);
    ck_assert_int_eq(span_equal(written(&out), tag), valid);
    scratch->compared++;
}

START_TEST(cmac_is_that_of_wycheproof)
{
    struct scratch scratch = { .compared = 0 };
    wycheproof_each("aes_cmac_test.json", check_cmac, &scratch);
    ck_assert_uint_ge(scratch.compared, 100);
}
END_TEST

static void check_derived(void *context, json_t *group, json_t *test)
{
    struct scratch *scratch = context;
    scratch->writer = WRITER_OF(scratch->bytes);
    (void)group;
    struct span key = wycheproof_bytes(test, "ikm", &scratch->writer);
    struct span salt = wycheproof_bytes(test, "salt", &scratch->writer);
    struct span info = wycheproof_bytes(test, "info", &scratch->writer);
    uint8_t bytes[32];
    struct writer out = WRITER_OF(bytes);
    if (salt.size || !is_key_size(key) || strcmp(wycheproof_text(test, "result"), "valid") != 0)
        return;
    struct span expected = wycheproof_bytes(test, "okm", &scratch->writer);
    if (expected.size < sizeof bytes)
        return;
    ck_assert_int_eq(run(key, MODE_DERIVE, info, &out), 0);
    ck_assert(span_equal(written(&out), span_part(expected, 0, sizeof bytes)));
    scratch->compared++;
}

START_TEST(derivation_is_hkdf)
{
    struct scratch scratch = { .compared = 0 };
    wycheproof_each("hkdf_sha256_test.json", check_derived, &scratch);
    ck_assert_uint_ge(scratch.compared, 5);
}
END_TEST

/* --- Keys --- */

START_TEST(sizes_are_128_192_and_256)
{
    uint8_t bytes[64], input[16] = { 0 };
    for (uint16_t bits = 0; bits <= 512; bits = (uint16_t)(bits + 8)) {
        const struct key_spec spec = { .type = KEY_AES, .bits = bits };
        struct writer material = WRITER_OF(bytes), out = WRITER_OF(input);
        bool offered = bits == 128 || bits == 192 || bits == 256;
        ck_assert_int_eq(kind->generate(&spec, NULL, &material), offered ? 0 : CRYPTO_UNSUPPORTED);
        if (bits <= 256 && !offered)
            ck_assert_int_eq(run(span_of(bytes, bits / 8u), MODE_CMAC, SPAN_OF(input), &out),
                             CRYPTO_BAD_KEY);
    }
}
END_TEST

START_TEST(fresh_keys_differ)
{
    const struct key_spec spec = { .type = KEY_AES, .bits = 128 };
    uint8_t one[64], two[64];
    struct writer a = WRITER_OF(one), b = WRITER_OF(two);
    ck_assert_int_eq(kind->generate(&spec, NULL, &a), 0);
    ck_assert_int_eq(kind->generate(&spec, NULL, &b), 0);
    ck_assert(!span_equal(written(&a), written(&b)));
}
END_TEST

START_TEST(imported_keys_have_the_size_of_their_bytes)
{
    uint8_t secret[40] = { 0 }, bytes[64];
    for (size_t size = 0; size <= sizeof secret; size++) {
        struct key_spec spec = { .type = KEY_AES };
        struct writer material = WRITER_OF(bytes);
        const struct key_parts parts = { .secret = span_of(secret, size) };
        bool offered = size == 16 || size == 24 || size == 32;
        ck_assert_int_eq(kind->import(&spec, &parts, NULL, &material),
                         offered ? 0 : CRYPTO_BAD_KEY);
        ck_assert(!offered || spec.bits == 8 * size);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kind_aes");
    TCase *all = tcase_create("kind_aes");
    tcase_add_checked_fixture(all, set_up, NULL);
    tcase_add_loop_test(all, cbc_is_that_of_the_standard, 0, (int)COUNT_OF(cbc));
    tcase_add_test(all, cbc_takes_whole_blocks_alone);
    tcase_add_test(all, a_result_that_does_not_fit_leaves_the_writer_full);
    tcase_add_test(all, cmac_is_that_of_wycheproof);
    tcase_add_test(all, derivation_is_hkdf);
    tcase_add_test(all, sizes_are_128_192_and_256);
    tcase_add_test(all, fresh_keys_differ);
    tcase_add_test(all, imported_keys_have_the_size_of_their_bytes);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
