/* SPDX-License-Identifier: Apache-2.0 */
/* RSA keys above 4096 bits through the card's commands (protocol.md 13.3): they come as blobs, made
 * by another implementation (tests/fixtures/README.md), are used, leave again and are refused where
 * the card is strict. With --long: GENERATE makes the largest. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/tlv.h"
#include "card-os/keys.h"
#include "card-os/strict.h"
#include "formats/cvc.h"
#include "formats/key_blob.h"
#include "tests/support/dkek_fixture.h"
#include "tests/support/suite.h"

enum { KEY = 3, ANOTHER = 4 };

static struct card_fixture f;

static void set_up(void)
{
    dkek_fixture_init(&f);
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
}

static unsigned send(uint8_t ins, uint8_t p1, uint8_t p2, struct span data)
{
    return card_fixture_command(&f, (uint32_t)ins << 16 | (uint32_t)p1 << 8 | p2, data);
}

static struct span read_blob(unsigned bits, uint8_t room[KEY_BLOB_MAX])
{
    char path[300];
    snprintf(path, sizeof path, SOURCE_ROOT "/tests/fixtures/rsa-%u.blob", bits);
    FILE *from = fopen(path, "rb");
    ck_assert_ptr_nonnull(from);
    size_t size = fread(room, 1, KEY_BLOB_MAX, from);
    fclose(from);
    return span_of(room, size);
}

/* --- The public key, for OpenSSL --- */

static EVP_PKEY *public_key(struct span modulus, struct span exponent)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = BN_bin2bn(modulus.at, (int)modulus.size, NULL);
    BIGNUM *e = BN_bin2bn(exponent.at, (int)exponent.size, NULL);
    OSSL_PARAM_BLD *list = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(list);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(list);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *key_in(struct span bytes)
{
    static uint8_t room[KEY_BLOB_MAX];
    const struct kek kek = dkek_fixture_kek();
    struct writer plain = WRITER_OF(room);
    struct key_blob blob;
    struct key_blob_key key;
    ck_assert(key_blob_read(bytes, &blob));
    ck_assert_int_eq(key_blob_open(&kek, &blob, &plain, &key), 0);
    return public_key(key.parts.n, key.parts.e);
}

static bool verifies(EVP_PKEY *key, int padding, struct span message, struct span signature)
{
    EVP_PKEY_CTX *inner;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestVerifyInit(context, &inner, EVP_sha256(), NULL, key), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(inner, padding), 1);
    int r = EVP_DigestVerify(context, signature.at, signature.size, message.at, message.size);
    EVP_MD_CTX_free(context);
    return r == 1;
}

/* --- Use --- */

/* What is raised to the private exponent and then to the public one is itself. */
static void assert_raw(EVP_PKEY *key, uint8_t ins, uint8_t algorithm, size_t size)
{
    uint8_t block[RSA_BYTES_MAX] = { 0, 1, 2, 3 }, back[RSA_BYTES_MAX];
    size_t back_size = sizeof back;
    ck_assert_uint_eq(send(ins, KEY, algorithm, span_of(block, size)), 0x9000);
    ck_assert_uint_eq(card_fixture_data(&f).size, size);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    ck_assert_int_eq(EVP_PKEY_encrypt_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
    ck_assert_int_eq(EVP_PKEY_encrypt(context, back, &back_size, card_fixture_data(&f).at, size),
                     1);
    ck_assert(span_equal(span_of(back, back_size), span_of(block, size)));
    EVP_PKEY_CTX_free(context);
}

static void assert_deciphers(EVP_PKEY *key, int padding, uint8_t algorithm)
{
    uint8_t cipher[RSA_BYTES_MAX];
    size_t size = sizeof cipher;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    ck_assert_int_eq(EVP_PKEY_encrypt_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(context, padding), 1);
    if (padding == RSA_PKCS1_OAEP_PADDING)
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()), 1);
    ck_assert_int_eq(EVP_PKEY_encrypt(context, cipher, &size, (const uint8_t *)"secret", 6), 1);
    ck_assert_uint_eq(send(0x62, KEY, algorithm, span_of(cipher, size)), 0x9000);
    ck_assert(span_equal(card_fixture_data(&f), span_of_text("secret")));
    EVP_PKEY_CTX_free(context);
}

static void assert_works(EVP_PKEY *key, unsigned bits)
{
    const struct span message = span_of_text("message");
    assert_raw(key, 0x68, 0x20, bits / 8);
    assert_raw(key, 0x62, 0x21, bits / 8);
    ck_assert_uint_eq(send(0x68, KEY, 0x33, message), 0x9000);
    ck_assert(verifies(key, RSA_PKCS1_PADDING, message, card_fixture_data(&f)));
    ck_assert_uint_eq(send(0x68, KEY, 0x43, message), 0x9000);
    ck_assert(verifies(key, RSA_PKCS1_PSS_PADDING, message, card_fixture_data(&f)));
    assert_deciphers(key, RSA_PKCS1_PADDING, 0x22);
    assert_deciphers(key, RSA_PKCS1_OAEP_PADDING, 0x23);
}

static const unsigned blobs[][2] = { { 5120, 1355 }, { 8192, 2123 } }; /* bits, bytes */

/* It leaves as long as it came, and works on from what left. */
START_TEST(large_key_comes_works_and_leaves)
{
    uint8_t room[KEY_BLOB_MAX], again_room[KEY_BLOB_MAX];
    struct writer again = WRITER_OF(again_room);
    struct span blob = read_blob(blobs[_i][0], room);
    EVP_PKEY *key = key_in(blob);
    ck_assert_uint_eq(blob.size, blobs[_i][1]);
    ck_assert_uint_eq(send(0x74, KEY, 0x93, blob), 0x9000);
    assert_works(key, blobs[_i][0]);
    ck_assert_uint_eq(send(0x72, KEY, 0x92, (struct span){ 0 }), 0x9000);
    write_span(&again, card_fixture_data(&f));
    ck_assert_uint_eq(again.size, blob.size);
    EVP_PKEY *same = key_in(written(&again));
    ck_assert_int_eq(EVP_PKEY_eq(key, same), 1);
    EVP_PKEY_free(same);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(strict_card_takes_and_uses_none)
{
    uint8_t room[KEY_BLOB_MAX], block[640] = { 0 };
    struct span blob = read_blob(5120, room);
    ck_assert_uint_eq(send(0x74, KEY, 0x93, blob), 0x9000);
    ck_assert_int_eq(strict_set(&f.env, true, 0), 0);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(send(0x68, KEY, 0x20, SPAN_OF(block)), 0x6A81);
    ck_assert_uint_eq(send(0x72, KEY, 0x92, (struct span){ 0 }), 0x6985);
    ck_assert_uint_eq(send(0x74, ANOTHER, 0x93, blob), 0x6A80);
    ck_assert_uint_eq(
        card_fixture_status(&f,
                            "00 46 04 00 00 00 34 5F290100 42095554434130303030 31 7F4910 "
                            "060A04007F00070202020102 02021400 "
                            "5F200F455348534D30303030313030303031 00 00"),
        0x6A80);
}
END_TEST

/* --- GENERATE, which takes minutes --- */

START_TEST(largest_key_is_made)
{
    ck_assert_uint_eq(
        card_fixture_status(&f,
                            "00 46 03 00 00 00 34 5F290100 42095554434130303030 31 7F4910 "
                            "060A04007F00070202020102 02022000 "
                            "5F200F455348534D30303030313030303031 00 00"),
        0x9000);
    ck_assert_uint_eq(card_fixture_data(&f).size, 2211); /* protocol.md 5.1 */
    uint8_t bytes[4096];
    struct writer kept = WRITER_OF(bytes);
    struct cvc_request request;
    write_span(&kept, card_fixture_data(&f));
    struct reader in = reader_of(written(&kept));
    struct reader contents = tlv_enter(&in, 0x67);
    ck_assert_int_eq(cvc_read_request(&contents, &request), 0);
    ck_assert_uint_eq(request.inner.spec.bits, 8192);
    ck_assert_int_eq(cvc_verify(&request.inner.spec, &request.inner.key, request.inner.body,
                                request.inner.signature),
                     0);
    EVP_PKEY *key = public_key(request.inner.key.modulus, request.inner.key.exponent);
    assert_works(key, 8192);
    EVP_PKEY_free(key);
}
END_TEST

int main(int count, char **arguments)
{
    bool is_long = count > 1 && strcmp(arguments[1], "--long") == 0;
    Suite *suite = suite_create("card large RSA");
    TCase *all = tcase_create("card large RSA");
    tcase_set_timeout(all, is_long ? 3600 : 120);
    tcase_add_checked_fixture(all, set_up, tear_down);
    if (is_long) {
        tcase_add_test(all, largest_key_is_made);
    } else {
        tcase_add_loop_test(all, large_key_comes_works_and_leaves, 0, (int)COUNT_OF(blobs));
        tcase_add_test(all, strict_card_takes_and_uses_none);
    }
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
