/* The card's key commands, with values checked by OpenSSL: what is signed verifies, and requests
 * prove what they say. Published values: test_card_vectors.c; records: test_card_records.c. */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/tlv.h"
#include "base/failure.h"
#include "formats/apdu.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

#define GENERATE_RSA2048                                                                           \
    "00 46 01 00 00 00 34 5F290100 4209555443413030303031 7F4910 060A04007F00070202020102"         \
    "02020800 5F200F455348534D30303030313030303031 00 00"
#define HASH "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

static struct card_fixture f;

static void log_in(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
    ck_assert_uint_eq(card_fixture_status(&f, FIXTURE_VERIFY_USER), 0x9000);
}

static void log_out(void)
{
    card_fixture_deinit(&f);
}

/* --- Public keys from requests --- */

struct request_parts {
    struct span body, inner_signature, signed_by_device, outer_signature, key;
};

static struct request_parts take_apart(struct span request)
{
    struct request_parts parts;
    struct reader in = reader_of(request);
    struct reader outer = tlv_enter(&in, 0x67);
    struct span signed_part = outer.rest;
    struct reader certificate = tlv_enter(&outer, 0x7F21);
    struct tlv body = tlv_read(&certificate);
    struct reader members = reader_of(body.value);
    parts.body = body.whole;
    parts.inner_signature = tlv_expect(&certificate, 0x5F37);
    ck_assert(tlv_find(&members, 0x7F49, &parts.key));
    tlv_expect(&outer, 0x42);
    parts.signed_by_device = span_part(signed_part, 0, signed_part.size - outer.rest.size);
    parts.outer_signature = tlv_expect(&outer, 0x5F37);
    ck_assert(read_finished(&in));
    return parts;
}

static struct span component(struct span key, uint32_t tag)
{
    struct reader in = reader_of(key);
    struct span value = { 0 };
    ck_assert(tlv_find(&in, tag, &value));
    return value;
}

static EVP_PKEY *make_key(const char *type, OSSL_PARAM *parameters)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *ec_key(const char *group, struct span point)
{
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_utf8_string("group", (char *)(uintptr_t)group, 0),
        OSSL_PARAM_octet_string("pub", (void *)(uintptr_t)point.at, point.size),
        OSSL_PARAM_END,
    };
    return make_key("EC", parameters);
}

static EVP_PKEY *rsa_key(struct span modulus, struct span exponent)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus.at, (int)modulus.size, NULL);
    BIGNUM *e = BN_bin2bn(exponent.at, (int)exponent.size, NULL);
    OSSL_PARAM_BLD_push_BN(build, "n", n);
    OSSL_PARAM_BLD_push_BN(build, "e", e);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY *key = make_key("RSA", parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

static bool verify_der(EVP_PKEY *key, struct span hash, struct span signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    EVP_PKEY_verify_init(context);
    int r = EVP_PKEY_verify(context, signature.at, signature.size, hash.at, hash.size);
    EVP_PKEY_CTX_free(context);
    return r == 1;
}

/* Plain r || s over SHA-256 of the message, as certificates carry it. */
static bool verify_plain(EVP_PKEY *key, struct span message, struct span signature)
{
    uint8_t hash[32], bytes[160];
    struct writer der = WRITER_OF(bytes);
    size_t half = signature.size / 2;
    SHA256(message.at, message.size, hash);
    struct tlv_mark sequence = tlv_open(&der, 0x30);
    tlv_write_unsigned(&der, 0x02, span_part(signature, 0, half));
    tlv_write_unsigned(&der, 0x02, span_part(signature, half, half));
    tlv_close(&der, sequence);
    return verify_der(key, SPAN_OF(hash), written(&der));
}

static bool verify_pkcs1(EVP_PKEY *key, struct span message, struct span signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key);
    int r = EVP_DigestVerify(context, signature.at, signature.size, message.at, message.size);
    EVP_MD_CTX_free(context);
    return r == 1;
}

static EVP_PKEY *device_key(void)
{
    card_fixture_send_hex(&f, "00 B1 2F 02 00 00 04 54 02 00 00 00 00");
    struct reader in = reader_of(card_fixture_data(&f));
    struct reader certificate = tlv_enter(&in, 0x7F21);
    struct reader body = tlv_enter(&certificate, 0x7F4E);
    struct span key;
    ck_assert(tlv_find(&body, 0x7F49, &key));
    return ec_key("brainpoolP256r1", component(key, 0x86));
}

/* The request is kept in a buffer of its own: later answers overwrite the fixture's. */
static struct span generate(const char *command)
{
    static uint8_t bytes[4096];
    struct writer request = WRITER_OF(bytes);
    ck_assert_uint_eq(card_fixture_status(&f, command), 0x9000);
    write_span(&request, card_fixture_data(&f));
    return written(&request);
}

/* --- Tests --- */

START_TEST(ec_signature_verifies_with_the_key_of_the_request)
{
    struct request_parts request = take_apart(generate(FIXTURE_GENERATE_P256));
    EVP_PKEY *key = ec_key("P-256", component(request.key, 0x86));
    uint8_t hash[32];
    for (size_t i = 0; i < sizeof hash; i++)
        hash[i] = (uint8_t)i;
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 02 70 00 00 20" HASH "02 00"), 0x9000);
    ck_assert(verify_der(key, SPAN_OF(hash), card_fixture_data(&f)));
    hash[0] ^= 1;
    ck_assert(!verify_der(key, SPAN_OF(hash), card_fixture_data(&f)));
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(every_hashing_ecdsa_signs_the_hash_of_the_message)
{
    static const struct {
        uint8_t alg;
        const char *digest;
    } cases[] = {
        { 0x71, "SHA1" },   { 0x72, "SHA224" }, { 0x73, "SHA256" },
        { 0x74, "SHA384" }, { 0x75, "SHA512" },
    };
    struct request_parts request = take_apart(generate(FIXTURE_GENERATE_P256));
    EVP_PKEY *key = ec_key("P-256", component(request.key, 0x86));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t bytes[32], hash[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        struct writer command = WRITER_OF(bytes);
        struct span message = span_of_text("sample");
        apdu_write(&(struct apdu){ .ins = 0x68, .p1 = 2, .p2 = cases[i].alg, .data = message },
                   &command);
        card_fixture_send(&f, written(&command));
        EVP_Digest(message.at, message.size, hash, &size, EVP_get_digestbyname(cases[i].digest),
                   NULL);
        ck_assert_msg(verify_der(key, span_of(hash, size), card_fixture_data(&f)), "%s",
                      cases[i].digest);
    }
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(ec_request_is_signed_by_the_new_key_and_by_the_device)
{
    struct request_parts request = take_apart(generate(FIXTURE_GENERATE_P256));
    EVP_PKEY *key = ec_key("P-256", component(request.key, 0x86));
    EVP_PKEY *device = device_key();
    ck_assert(verify_plain(key, request.body, request.inner_signature));
    ck_assert(verify_plain(device, request.signed_by_device, request.outer_signature));
    ck_assert(!verify_plain(key, request.signed_by_device, request.outer_signature));
    EVP_PKEY_free(key);
    EVP_PKEY_free(device);
}
END_TEST

START_TEST(rsa_request_is_signed_by_the_new_key_and_by_the_device)
{
    struct request_parts request = take_apart(generate(GENERATE_RSA2048));
    EVP_PKEY *key = rsa_key(component(request.key, 0x81), component(request.key, 0x82));
    EVP_PKEY *device = device_key();
    ck_assert_int_eq(EVP_PKEY_get_bits(key), 2048);
    ck_assert(verify_pkcs1(key, request.body, request.inner_signature));
    ck_assert(verify_plain(device, request.signed_by_device, request.outer_signature));
    EVP_PKEY_free(key);
    EVP_PKEY_free(device);
}
END_TEST

static struct span send_block(uint8_t ins, uint8_t alg, const uint8_t block[256])
{
    uint8_t bytes[300];
    struct writer command = WRITER_OF(bytes);
    apdu_write(
        &(struct apdu){
            .cla = 0x80, .ins = ins, .p1 = 1, .p2 = alg, .data = span_of(block, 256), .le = 512 },
        &command);
    card_fixture_send(&f, written(&command));
    return card_fixture_data(&f);
}

START_TEST(raw_rsa_is_undone_by_the_public_key)
{
    static const struct {
        uint8_t ins, alg;
    } operations[] = { { 0x68, 0x20 }, { 0x62, 0x21 } };
    struct request_parts request = take_apart(generate(GENERATE_RSA2048));
    EVP_PKEY *key = rsa_key(component(request.key, 0x81), component(request.key, 0x82));
    uint8_t block[256] = { 0, 1, 2, 3 };
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        struct span result = send_block(operations[i].ins, operations[i].alg, block);
        ck_assert_uint_eq(result.size, 256);
        uint8_t undone[256];
        size_t size = sizeof undone;
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
        EVP_PKEY_encrypt_init(context);
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING);
        ck_assert_int_eq(EVP_PKEY_encrypt(context, undone, &size, result.at, result.size), 1);
        ck_assert(span_equal(SPAN_OF(undone), SPAN_OF(block)));
        EVP_PKEY_CTX_free(context);
    }
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(block_not_below_the_modulus_is_wrong_data)
{
    generate(GENERATE_RSA2048);
    uint8_t block[256];
    memset(block, 0xFF, sizeof block);
    send_block(0x68, 0x20, block);
    ck_assert(span_equal(written(&f.answer), SPAN_OF(((uint8_t[]){ 0x6A, 0x80 }))));
}
END_TEST

START_TEST(device_certificate_chains_to_the_root)
{
    EVP_PKEY *device = device_key();
    struct reader in = reader_of(card_fixture_data(&f));
    struct reader leaf = tlv_enter(&in, 0x7F21);
    struct tlv body = tlv_read(&leaf);
    struct span signature = tlv_expect(&leaf, 0x5F37);
    struct reader issuer = tlv_enter(&in, 0x7F21);
    struct reader issuer_body = tlv_enter(&issuer, 0x7F4E);
    struct span issuer_key, issuer_name, authority;
    struct reader leaf_members = reader_of(body.value);
    ck_assert(tlv_find(&issuer_body, 0x7F49, &issuer_key));
    ck_assert(tlv_find(&issuer_body, 0x5F20, &issuer_name));
    ck_assert(tlv_find(&leaf_members, 0x42, &authority));
    ck_assert(span_equal(authority, issuer_name));
    ck_assert_uint_le(card_fixture_data(&f).size, 1024);

    EVP_PKEY *key = ec_key("brainpoolP256r1", component(issuer_key, 0x86));
    ck_assert(verify_plain(key, body.whole, signature));
    EVP_PKEY_free(key);
    EVP_PKEY_free(device);
}
END_TEST

START_TEST(stopped_generation_changes_nothing)
{
    f.cancelled = true;
    struct store_facts before = store_facts(f.store);
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_RSA2048), 0x6400);
    f.cancelled = false;
    ck_assert_uint_eq(store_facts(f.store).objects, before.objects);
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 01 20 01 00"), 0x6A88);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "card keys", log_in, log_out, ec_signature_verifies_with_the_key_of_the_request,
        every_hashing_ecdsa_signs_the_hash_of_the_message,
        ec_request_is_signed_by_the_new_key_and_by_the_device,
        rsa_request_is_signed_by_the_new_key_and_by_the_device, raw_rsa_is_undone_by_the_public_key,
        block_not_below_the_modulus_is_wrong_data, device_certificate_chains_to_the_root,
        stopped_generation_changes_nothing);
}
