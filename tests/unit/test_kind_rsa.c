/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/kind_rsa: against Wycheproof's keys and signatures, and with what must be refused. */
#include "base/failure.h"
#include "tests/support/digest_names.h"
#include "tests/support/suite.h"
#include "tests/support/wycheproof.h"

#include <openssl/bn.h>
#include <string.h>

static const struct scheme raw = { PADDING_NONE, DIGEST_NONE };

/* A published key, as material and opened. */
struct fixture {
    const struct key_kind *kind;
    struct key_spec spec;
    size_t size; /* of the modulus */
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material;
    struct public_part public_part;
    struct live_key *key;
};

static void open_group(struct fixture *f, json_t *group)
{
    ck_assert_int_eq(crypto_init(), 0);
    f->kind = key_kind_of(KEY_RSA);
    f->material = WRITER_OF(f->bytes);
    wycheproof_rsa_key(group, &f->spec, &f->material);
    f->size = f->spec.bits / 8u;
    ck_assert_int_eq(f->kind->public_part(&f->spec, written(&f->material), &f->public_part), 0);
    ck_assert_int_eq(f->kind->open(&f->spec, written(&f->material), &f->key), 0);
}

static void open_first_group(void *context, json_t *group, json_t *test)
{
    struct fixture *f = context;
    (void)test;
    if (!f->key)
        open_group(f, group);
}

static void set_up(struct fixture *f, const char *file)
{
    *f = (struct fixture){ 0 };
    wycheproof_each(file, open_first_group, f);
}

#define KEY_2048 "rsa_pkcs1_2048_sig_gen_test.json"
#define KEY_1024 "rsa_pkcs1_1024_sig_gen_test.json"

/* --- Published signatures --- */

/* RFC 8017 9.2, note 1: what stands before the hash in a DigestInfo. */
static const char *const digest_info[] = {
    [DIGEST_SHA1] = "3021300906052b0e03021a05000414",
    [DIGEST_SHA224] = "302d300d06096086480165030402040500041c",
    [DIGEST_SHA256] = "3031300d060960864801650304020105000420",
    [DIGEST_SHA384] = "3041300d060960864801650304020205000430",
    [DIGEST_SHA512] = "3051300d060960864801650304020305000440",
};

static struct span write_digest_info(enum digest digest, struct span message, struct writer *out)
{
    uint8_t hash[DIGEST_MAX];
    ck_assert_int_eq(digest_of(digest, &message, 1, hash), 0);
    ck_assert(hex_decode(digest_info[digest], out));
    write_span(out, span_of(hash, digest_size(digest)));
    return written(out);
}

/* EMSA-PKCS1-v1_5, as OpenSC makes it in the host. */
static struct span write_block(struct span info, size_t size, struct writer *out)
{
    write_u16(out, 1);
    while (out->size < size - info.size - 1)
        write_u8(out, 0xFF);
    write_u8(out, 0);
    write_span(out, info);
    return written(out);
}

static void assert_signs(struct fixture *f, struct scheme scheme, struct span input,
                         struct span expected)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(f->kind->sign(f->key, scheme, input, &out), 0);
    ck_assert(span_equal(written(&out), expected));
    ck_assert_int_eq(f->kind->verify(&f->spec, &f->public_part, scheme, input, expected), 0);
}

static void assert_deciphers(struct fixture *f, struct span input, struct span expected)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(f->kind->decipher(f->key, raw, input, &out), 0);
    ck_assert(span_equal(written(&out), expected));
}

/* Every way to the same signature: hashed by the card, wrapped by the host, padded by the host. */
static void check_signature(void *context, json_t *group, json_t *test)
{
    (void)context;
    struct fixture f = { 0 };
    uint8_t storage_bytes[4096], info_bytes[128], block_bytes[RSA_BYTES_MAX];
    struct writer storage = WRITER_OF(storage_bytes), info = WRITER_OF(info_bytes),
                  block = WRITER_OF(block_bytes);
    struct span message = wycheproof_bytes(test, "msg", &storage);
    struct span signature = wycheproof_bytes(test, "sig", &storage);
    enum digest digest = digest_named(wycheproof_text(group, "sha"));

    open_group(&f, group);
    write_digest_info(digest, message, &info);
    write_block(written(&info), f.size, &block);
    assert_signs(&f, (struct scheme){ PADDING_PKCS1, digest }, message, signature);
    assert_signs(&f, (struct scheme){ PADDING_PKCS1, DIGEST_NONE }, written(&info), signature);
    assert_signs(&f, raw, written(&block), signature);
    assert_deciphers(&f, written(&block), signature);
    live_key_close(&f.key);
}

static const struct {
    const char *file;
    size_t tests;
} files[] = {
    { KEY_1024, 33 },
    { "rsa_pkcs1_1536_sig_gen_test.json", 32 },
    { KEY_2048, 43 },
    { "rsa_pkcs1_3072_sig_gen_test.json", 26 },
    { "rsa_pkcs1_4096_sig_gen_test.json", 24 },
};

START_TEST(published_signatures_come_out)
{
    ck_assert_uint_eq(wycheproof_each(files[_i].file, check_signature, NULL), files[_i].tests);
}
END_TEST

/* --- The edges of a block --- */

/* A block of the key's size that is the number value. */
static struct span write_small(size_t size, uint8_t value, struct writer *out)
{
    write_zeros(out, size - 1);
    write_u8(out, value);
    return written(out);
}

START_TEST(leading_zeros_of_a_result_stay)
{
    struct fixture f;
    uint8_t bytes[RSA_BYTES_MAX];
    struct writer one = WRITER_OF(bytes);

    set_up(&f, KEY_2048);
    write_small(f.size, 1, &one);
    assert_signs(&f, raw, written(&one), written(&one));
    assert_deciphers(&f, written(&one), written(&one));
    live_key_close(&f.key);
}
END_TEST

START_TEST(largest_block_is_one_below_the_modulus)
{
    struct fixture f;
    uint8_t below_bytes[RSA_BYTES_MAX], result[RSA_BYTES_MAX];
    struct writer below = WRITER_OF(below_bytes), out = WRITER_OF(result);

    set_up(&f, KEY_2048);
    write_span(&below, f.public_part.modulus);
    below_bytes[f.size - 1]--; /* n is odd; (n - 1)^d = n - 1 for odd d */
    assert_signs(&f, raw, written(&below), written(&below));
    ck_assert_int_eq(f.kind->sign(f.key, raw, f.public_part.modulus, &out), CRYPTO_BAD_INPUT);
    ck_assert_int_eq(f.kind->decipher(f.key, raw, f.public_part.modulus, &out), CRYPTO_BAD_INPUT);
    ck_assert_uint_eq(out.size, 0);
    live_key_close(&f.key);
}
END_TEST

START_TEST(only_a_whole_block_is_taken)
{
    struct fixture f;
    uint8_t block[257] = { 0 }, result[RSA_BYTES_MAX];
    struct writer out = WRITER_OF(result);
    const size_t wrong[] = { 0, 1, 255, 257 };

    set_up(&f, KEY_2048);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct span input = span_of(block, wrong[i]);
        ck_assert_int_eq(f.kind->sign(f.key, raw, input, &out), CRYPTO_BAD_INPUT);
        ck_assert_int_eq(f.kind->decipher(f.key, raw, input, &out), CRYPTO_BAD_INPUT);
    }
    ck_assert_uint_eq(out.size, 0);
    live_key_close(&f.key);
}
END_TEST

START_TEST(digest_info_leaves_eleven_bytes_at_least)
{
    const struct scheme scheme = { PADDING_PKCS1, DIGEST_NONE };
    struct fixture f;
    uint8_t info[246] = { 0 }, result[RSA_BYTES_MAX];
    struct writer out = WRITER_OF(result);

    set_up(&f, KEY_2048);
    ck_assert_int_eq(f.kind->sign(f.key, scheme, span_of(info, 246), &out), CRYPTO_BAD_INPUT);
    ck_assert_int_eq(f.kind->sign(f.key, scheme, span_of(info, 245), &out), 0);
    live_key_close(&f.key);
}
END_TEST

/* --- Schemes --- */

START_TEST(pss_of_a_ready_hash_is_pss_of_the_message)
{
    const enum digest digest = (enum digest)_i;
    const struct scheme of_hash = { PADDING_PSS, DIGEST_NONE },
                        of_message = { PADDING_PSS, digest };
    const struct span message = span_of_text("abc");
    struct fixture f;
    uint8_t hash[DIGEST_MAX], bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);

    set_up(&f, KEY_2048);
    ck_assert_int_eq(digest_of(digest, &message, 1, hash), 0);
    ck_assert_int_eq(f.kind->sign(f.key, of_hash, span_of(hash, digest_size(digest)), &out), 0);
    ck_assert_int_eq(f.kind->verify(&f.spec, &f.public_part, of_message, message, written(&out)),
                     0);
    ck_assert_int_eq(
        f.kind->verify(&f.spec, &f.public_part, of_message, span_of_text("abd"), written(&out)),
        CRYPTO_BAD_SIGNATURE);
    live_key_close(&f.key);
}
END_TEST

START_TEST(pss_takes_what_fits)
{
    struct fixture f;
    uint8_t hash[33] = { 0 }, bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct scheme sha512 = { PADDING_PSS, DIGEST_SHA512 };
    const struct scheme of_hash = { PADDING_PSS, DIGEST_NONE };

    set_up(&f, KEY_1024);
    ck_assert_int_eq(f.kind->sign(f.key, sha512, SPAN_OF(hash), &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(f.kind->sign(f.key, of_hash, SPAN_OF(hash), &out), CRYPTO_BAD_INPUT);
    ck_assert_uint_eq(out.size, 0);
    live_key_close(&f.key);
}
END_TEST

START_TEST(schemes_that_are_not_offered)
{
    struct fixture f;
    uint8_t block[256] = { 0 }, bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct scheme not_signing[] = { { PADDING_OAEP, DIGEST_SHA256 },
                                          { PADDING_NONE, DIGEST_SHA256 } };
    const struct scheme not_deciphering[] = { { PADDING_PKCS1, DIGEST_SHA256 },
                                              { PADDING_PSS, DIGEST_SHA256 },
                                              { PADDING_NONE, DIGEST_SHA256 } };

    set_up(&f, KEY_2048);
    for (size_t i = 0; i < COUNT_OF(not_signing); i++)
        ck_assert_int_eq(f.kind->sign(f.key, not_signing[i], SPAN_OF(block), &out),
                         CRYPTO_UNSUPPORTED);
    for (size_t i = 0; i < COUNT_OF(not_deciphering); i++)
        ck_assert_int_eq(f.kind->decipher(f.key, not_deciphering[i], SPAN_OF(block), &out),
                         CRYPTO_UNSUPPORTED);
    ck_assert_ptr_null(f.kind->agree);
    live_key_close(&f.key);
}
END_TEST

START_TEST(a_signature_that_does_not_fit_marks_the_writer)
{
    struct fixture f;
    uint8_t block[256] = { 0 }, bytes[255];
    struct writer out = WRITER_OF(bytes);

    set_up(&f, KEY_2048);
    ck_assert_int_eq(f.kind->sign(f.key, raw, SPAN_OF(block), &out), 0);
    ck_assert(out.full);
    ck_assert_uint_eq(out.size, 0);
    live_key_close(&f.key);
}
END_TEST

/* --- OAEP --- */

/* The message that a test deciphers to, if it does. We have no labels: of a test with one we know
 * no more than that it must fail. */
static void check_oaep(void *context, json_t *group, json_t *test)
{
    (void)context;
    struct fixture f = { 0 };
    uint8_t storage_bytes[2048], bytes[KEY_RESULT_MAX];
    struct writer storage = WRITER_OF(storage_bytes), out = WRITER_OF(bytes);
    const struct scheme scheme = { PADDING_OAEP, digest_named(wycheproof_text(group, "sha")) };
    struct span cipher = wycheproof_bytes(test, "ct", &storage);
    struct span message = wycheproof_bytes(test, "msg", &storage);
    bool valid = strcmp(wycheproof_text(test, "result"), "valid") == 0 &&
                 *wycheproof_text(test, "label") == '\0';

    open_group(&f, group);
    ck_assert_int_eq(f.kind->decipher(f.key, scheme, cipher, &out), valid ? 0 : CRYPTO_BAD_INPUT);
    ck_assert(span_equal(written(&out), valid ? message : (struct span){ 0 }));
    live_key_close(&f.key);
}

static const struct {
    const char *file;
    size_t tests;
} oaep_files[] = {
    { "rsa_oaep_2048_sha1_mgf1sha1_test.json", 36 },
    { "rsa_oaep_2048_sha256_mgf1sha256_test.json", 37 },
    { "rsa_oaep_3072_sha256_mgf1sha256_test.json", 37 },
    { "rsa_oaep_4096_sha256_mgf1sha256_test.json", 37 },
};

START_TEST(published_oaep_blocks_are_told_apart)
{
    ck_assert_uint_eq(wycheproof_each(oaep_files[_i].file, check_oaep, NULL), oaep_files[_i].tests);
}
END_TEST

START_TEST(oaep_digest_must_fit_the_key)
{
    struct fixture f;
    uint8_t block[128] = { 0 }, bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct scheme sha512 = { PADDING_OAEP, DIGEST_SHA512 };

    set_up(&f, KEY_1024);
    ck_assert_int_eq(f.kind->decipher(f.key, sha512, SPAN_OF(block), &out), CRYPTO_UNSUPPORTED);
    live_key_close(&f.key);
}
END_TEST

/* --- Material --- */

static int open_material(struct fixture *f, struct span material)
{
    struct live_key *key = NULL;
    int result = f->kind->open(&f->spec, material, &key);
    ck_assert((result == 0) == (key != NULL));
    live_key_close(&key);
    return result;
}

START_TEST(truncated_or_longer_material_is_no_key)
{
    struct fixture f;
    struct public_part public_part;

    set_up(&f, KEY_1024);
    for (size_t size = 0; size < f.material.size; size++) {
        struct span part = span_of(f.bytes, size);
        ck_assert_int_eq(open_material(&f, part), CRYPTO_BAD_KEY);
        ck_assert_int_eq(f.kind->public_part(&f.spec, part, &public_part), CRYPTO_BAD_KEY);
    }
    write_u8(&f.material, 0);
    ck_assert_int_eq(open_material(&f, written(&f.material)), CRYPTO_BAD_KEY);
    live_key_close(&f.key);
}
END_TEST

/* Where the n-th part's last byte lies. */
static size_t end_of_part(const struct fixture *f, int n)
{
    struct reader in = reader_of(written(&f->material));
    for (int i = 0; i <= n; i++)
        read_counted(&in);
    return f->material.size - read_left(&in) - 1;
}

/* n, e, p, q: the parts of which opening says whether they belong together. */
START_TEST(parts_that_do_not_fit_are_no_key)
{
    const int parts[] = { 0, 1, 3, 4 };
    struct fixture f;
    set_up(&f, KEY_1024);
    f.bytes[end_of_part(&f, parts[_i])] ^= 2;
    ck_assert_int_eq(open_material(&f, written(&f.material)), CRYPTO_BAD_KEY);
    live_key_close(&f.key);
}
END_TEST

START_TEST(material_of_another_spec_is_no_key)
{
    struct fixture f;
    set_up(&f, KEY_1024);
    f.spec.exponent = 3;
    ck_assert_int_eq(open_material(&f, written(&f.material)), CRYPTO_BAD_KEY);
    f.spec.exponent = 65537;
    ck_assert_int_eq(open_material(&f, written(&f.material)), 0);
    f.spec.bits = 2048;
    ck_assert_int_eq(open_material(&f, written(&f.material)), CRYPTO_BAD_KEY);
    live_key_close(&f.key);
}
END_TEST

/* A wrong d alone, or one wrong half of the remainder theorem alone, the library makes good. */
START_TEST(private_exponents_of_another_key_are_no_pair)
{
    struct fixture f;
    set_up(&f, KEY_1024);
    ck_assert_int_eq(key_test_pair(&f.spec, written(&f.material)), 0);
    f.bytes[end_of_part(&f, 2)] ^= 2;
    f.bytes[end_of_part(&f, 5)] ^= 2;
    ck_assert_int_eq(key_test_pair(&f.spec, written(&f.material)), FAULT_BROKEN);
    live_key_close(&f.key);
}
END_TEST

/* --- Generation --- */

static int generate(uint16_t bits, uint32_t exponent, const struct patience *patience,
                    struct writer *out)
{
    const struct key_spec spec = { .type = KEY_RSA, .bits = bits, .exponent = exponent };
    ck_assert_int_eq(crypto_init(), 0);
    return key_kind_of(KEY_RSA)->generate(&spec, patience, out);
}

START_TEST(fresh_key_has_the_wanted_size_and_exponent)
{
    static const struct key_spec wanted[] = {
        { .type = KEY_RSA, .bits = 1024, .exponent = 65537 },
        { .type = KEY_RSA, .bits = 1024, .exponent = 3 },
        { .type = KEY_RSA, .bits = 1536, .exponent = 0xFFFFFFFF },
        { .type = KEY_RSA, .bits = 2048, .exponent = 65537 },
    };
    const struct key_spec spec = wanted[_i];
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    struct public_part public_part;
    struct live_key *key = NULL;
    const struct key_kind *kind = key_kind_of(KEY_RSA);

    ck_assert_int_eq(generate(spec.bits, spec.exponent, NULL, &material), 0);
    ck_assert_int_eq(kind->public_part(&spec, written(&material), &public_part), 0);
    ck_assert_uint_eq(public_part.modulus.size, spec.bits / 8u);
    ck_assert_uint_ge(public_part.modulus.at[0], 0x80);
    ck_assert_uint_ne(public_part.exponent.at[0], 0);
    ck_assert_int_eq(kind->open(&spec, written(&material), &key), 0);
    live_key_close(&key);
}
END_TEST

START_TEST(sizes_and_exponents_that_are_not_offered)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(generate(512, 65537, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(generate(2047, 65537, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(generate(4608, 65537, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(generate(8193, 65537, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(generate(16384, 65537, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(generate(0, 65537, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(generate(1024, 0, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(generate(1024, 1, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_int_eq(generate(1024, 65536, NULL, &out), CRYPTO_UNSUPPORTED);
    ck_assert_uint_eq(out.size, 0);
}
END_TEST

static bool count_down(void *context)
{
    int *left = context;
    return (*left)-- > 0;
}

START_TEST(lost_patience_stops_the_search)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer out = WRITER_OF(bytes);
    int left = 3;
    const struct patience patience = { count_down, &left };

    ck_assert_int_eq(generate(4096, 65537, &patience, &out), FAULT_STOPPED);
    ck_assert_int_eq(failure_last()->kind, FAULT_STOPPED);
    ck_assert_uint_eq(out.size, 0);
    ck_assert_int_eq(left, -1); /* not asked again */
}
END_TEST

START_TEST(patience_is_asked_and_may_last)
{
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer out = WRITER_OF(bytes);
    int left = 1 << 30;
    const struct patience patience = { count_down, &left };

    ck_assert_int_eq(generate(1024, 65537, &patience, &out), 0);
    ck_assert_int_lt(left, 1 << 30);
}
END_TEST

/* --- What comes from elsewhere --- */

static bool count_and_go_on(void *context)
{
    ++*(unsigned *)context;
    return true;
}

static int import(BIGNUM *n, BIGNUM *e, BIGNUM *d, const struct patience *patience)
{
    static uint8_t bytes[3][1024];
    BIGNUM *const numbers[] = { n, e, d };
    struct span spans[3];
    struct key_spec spec = { .type = KEY_RSA };
    uint8_t material_bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(material_bytes);
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        spans[i] = span_of(bytes[i], (size_t)BN_bn2bin(numbers[i], bytes[i]));
    return key_kind_of(KEY_RSA)->import(
        &spec, &(struct key_parts){ .n = spans[0], .e = spans[1], .d = spans[2] }, patience,
        &material);
}

/* A prime modulus has no factors to find: the search is short, and can be stopped. */
START_TEST(a_modulus_without_factors_is_given_up)
{
    unsigned asked = 0;
    struct patience patience = { count_and_go_on, &asked };
    BN_CTX *context = BN_CTX_new();
    BIGNUM *n = BN_get_rfc3526_prime_2048(NULL), *e = BN_new(), *d = BN_new(), *less = BN_dup(n);
    BN_sub_word(less, 1);
    BN_set_word(e, 65537);
    ck_assert_ptr_nonnull(BN_mod_inverse(d, e, less, context));
    ck_assert_int_eq(import(n, e, d, &patience), CRYPTO_BAD_KEY);
    ck_assert_uint_ge(asked, 16);
    ck_assert_uint_le(asked, 32);

    unsigned left = 2;
    patience = (struct patience){ count_down, &left };
    ck_assert_int_eq(import(n, e, d, &patience), FAULT_STOPPED);

    /* exponents that would make each step longer are looked at first */
    asked = 0;
    patience = (struct patience){ count_and_go_on, &asked };
    BN_lshift(e, e, 1000);
    BN_add_word(e, 1);
    ck_assert_int_eq(import(n, e, d, &patience), CRYPTO_BAD_KEY);
    BN_set_word(e, 65537);
    BN_add(d, d, n);
    ck_assert_int_eq(import(n, e, d, &patience), CRYPTO_BAD_KEY);
    BN_zero(d);
    ck_assert_int_eq(import(n, e, d, &patience), CRYPTO_BAD_KEY);
    ck_assert_uint_eq(asked, 0);
    BN_free(n);
    BN_free(e);
    BN_free(d);
    BN_free(less);
    BN_CTX_free(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kind_rsa");
    TCase *all = tcase_create("kind_rsa");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, published_signatures_come_out, 0, COUNT_OF(files));
    tcase_add_test(all, leading_zeros_of_a_result_stay);
    tcase_add_test(all, largest_block_is_one_below_the_modulus);
    tcase_add_test(all, only_a_whole_block_is_taken);
    tcase_add_test(all, digest_info_leaves_eleven_bytes_at_least);
    tcase_add_loop_test(all, pss_of_a_ready_hash_is_pss_of_the_message, DIGEST_SHA1,
                        DIGEST_SHA512 + 1);
    tcase_add_test(all, pss_takes_what_fits);
    tcase_add_test(all, schemes_that_are_not_offered);
    tcase_add_test(all, a_modulus_without_factors_is_given_up);
    tcase_add_test(all, a_signature_that_does_not_fit_marks_the_writer);
    tcase_add_loop_test(all, published_oaep_blocks_are_told_apart, 0, COUNT_OF(oaep_files));
    tcase_add_test(all, oaep_digest_must_fit_the_key);
    tcase_add_test(all, truncated_or_longer_material_is_no_key);
    tcase_add_loop_test(all, parts_that_do_not_fit_are_no_key, 0, 4);
    tcase_add_test(all, material_of_another_spec_is_no_key);
    tcase_add_test(all, private_exponents_of_another_key_are_no_pair);
    tcase_add_loop_test(all, fresh_key_has_the_wanted_size_and_exponent, 0, 4);
    tcase_add_test(all, sizes_and_exponents_that_are_not_offered);
    tcase_add_test(all, lost_patience_stops_the_search);
    tcase_add_test(all, patience_is_asked_and_may_last);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
