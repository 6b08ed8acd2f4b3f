/* SPDX-License-Identifier: Apache-2.0 */
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

#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/key_certificate.h"
#include "crypto/curve_parameters.h"
#include "formats/apdu.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

static struct card_fixture f;

static void log_in(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
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
    struct request_parts request = take_apart(generate(GENERATE_P256));
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
    struct request_parts request = take_apart(generate(GENERATE_P256));
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
    struct request_parts request = take_apart(generate(GENERATE_P256));
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

static unsigned send_key_command(uint8_t ins, uint8_t key, uint8_t alg, struct span data)
{
    uint8_t bytes[1200];
    struct writer command = WRITER_OF(bytes);
    apdu_write(&(struct apdu){ .ins = ins, .p1 = key, .p2 = alg, .data = data, .le = 512 },
               &command);
    struct span answer = card_fixture_send(&f, written(&command));
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
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
        ck_assert_uint_eq(send_key_command(operations[i].ins, 1, operations[i].alg, SPAN_OF(block)),
                          0x9000);
        struct span result = card_fixture_data(&f);
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

static bool verify_rsa(EVP_PKEY *key, int padding, const EVP_MD *digest, struct span hash,
                       struct span signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    ck_assert_int_eq(EVP_PKEY_verify_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(context, padding), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_signature_md(context, digest), 1);
    if (padding == RSA_PKCS1_PSS_PADDING)
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST), 1);
    int r = EVP_PKEY_verify(context, signature.at, signature.size, hash.at, hash.size);
    EVP_PKEY_CTX_free(context);
    return r == 1;
}

/* 40: the length of the hash says which it is. */
START_TEST(every_padded_rsa_signature_verifies)
{
    static const struct {
        uint8_t alg;
        bool hashed; /* by the host */
        int padding;
        const char *digest;
    } cases[] = {
        { 0x31, false, RSA_PKCS1_PADDING, "SHA1" },
        { 0x32, false, RSA_PKCS1_PADDING, "SHA224" },
        { 0x33, false, RSA_PKCS1_PADDING, "SHA256" },
        { 0x34, false, RSA_PKCS1_PADDING, "SHA384" },
        { 0x35, false, RSA_PKCS1_PADDING, "SHA512" },
        { 0x40, true, RSA_PKCS1_PSS_PADDING, "SHA1" },
        { 0x40, true, RSA_PKCS1_PSS_PADDING, "SHA256" },
        { 0x40, true, RSA_PKCS1_PSS_PADDING, "SHA512" },
        { 0x41, false, RSA_PKCS1_PSS_PADDING, "SHA1" },
        { 0x42, false, RSA_PKCS1_PSS_PADDING, "SHA224" },
        { 0x43, false, RSA_PKCS1_PSS_PADDING, "SHA256" },
        { 0x44, false, RSA_PKCS1_PSS_PADDING, "SHA384" },
        { 0x45, false, RSA_PKCS1_PSS_PADDING, "SHA512" },
    };
    const struct span message = span_of_text("sample");
    struct request_parts request = take_apart(generate(GENERATE_RSA2048));
    EVP_PKEY *key = rsa_key(component(request.key, 0x81), component(request.key, 0x82));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const EVP_MD *digest = EVP_get_digestbyname(cases[i].digest);
        uint8_t bytes[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        EVP_Digest(message.at, message.size, bytes, &size, digest, NULL);
        struct span hash = span_of(bytes, size);
        ck_assert_uint_eq(send_key_command(0x68, 1, cases[i].alg, cases[i].hashed ? hash : message),
                          0x9000);
        ck_assert_msg(verify_rsa(key, cases[i].padding, digest, hash, card_fixture_data(&f)),
                      "%02X with %s", cases[i].alg, cases[i].digest);
    }
    EVP_PKEY_free(key);
}
END_TEST

/* 30: the host has wrapped the hash; the card adds 00 01 FF ... 00. */
START_TEST(digest_info_is_padded_by_the_card)
{
    /* RFC 8017 9.2, note 1 */
    static const char info[] = "3031300d060960864801650304020105000420" HASH;
    struct request_parts request = take_apart(generate(GENERATE_RSA2048));
    EVP_PKEY *key = rsa_key(component(request.key, 0x81), component(request.key, 0x82));
    uint8_t bytes[64];
    struct writer wrapped = WRITER_OF(bytes);
    ck_assert(hex_decode(info, &wrapped));
    ck_assert_uint_eq(send_key_command(0x68, 1, 0x30, written(&wrapped)), 0x9000);
    ck_assert(verify_rsa(key, RSA_PKCS1_PADDING, EVP_sha256(), span_part(written(&wrapped), 19, 51),
                         card_fixture_data(&f)));
    EVP_PKEY_free(key);
}
END_TEST

/* --- The pairwise test of a key that signs its request --- */

struct fresh_key {
    struct key_spec spec;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material;
    struct public_part public_part;
    struct live_key *live;
};

static void fresh_key_make(struct fresh_key *k)
{
    const struct key_kind *kind = key_kind_of(KEY_EC);
    *k = (struct fresh_key){ .spec = { .type = KEY_EC, .bits = 384 } };
    k->spec.curve = curve_by_name("P-384");
    k->material = WRITER_OF(k->bytes);
    ck_assert_int_eq(kind->generate(&k->spec, NULL, &k->material), 0);
    ck_assert_int_eq(kind->public_part(&k->spec, written(&k->material), &k->public_part), 0);
    ck_assert_int_eq(kind->open(&k->spec, written(&k->material), &k->live), 0);
}

START_TEST(key_that_signs_for_another_is_a_fault)
{
    struct fresh_key ours, another;
    uint8_t bytes[512];
    struct writer out = WRITER_OF(bytes);
    fresh_key_make(&ours);
    fresh_key_make(&another);
    const struct key_in_use key = { .kind = key_kind_of(KEY_EC),
                                    .live = ours.live,
                                    .spec = &ours.spec };
    const struct span body = span_of_text("a request's body");
    ck_assert_int_eq(key_prove_cvc(&key, &another.public_part, body, &out), FAULT_BROKEN);
    ck_assert_uint_eq(out.size, 0);
    ck_assert_int_eq(key_prove_cvc(&key, &ours.public_part, body, &out), 0);
    ck_assert_uint_eq(out.size, 3 + 2 * 48); /* 5F37 L r s */
    live_key_close(&ours.live);
    live_key_close(&another.live);
}
END_TEST

/* --- Every curve --- */

/* GENERATE for key 03; uses: the key's counter, or 0 for none. */
static unsigned generate_on(const struct curve *curve, uint32_t uses)
{
    uint8_t bytes[1024], command_bytes[1100];
    struct writer out = WRITER_OF(bytes), command = WRITER_OF(command_bytes);
    struct curve_storage storage;
    struct domain_parameters p;
    ck_assert_int_eq(curve_parameters(curve, &storage, &p), 0);
    tlv_write_u8(&out, 0x5F29, 0);
    struct tlv_mark public_key = tlv_open(&out, 0x7F49);
    tlv_write(&out, 0x06, SPAN_OF(((uint8_t[]){ 4, 0, 0x7F, 0, 7, 2, 2, 2, 2, 3 })));
    const struct span parts[] = { p.prime, p.a, p.b, p.generator, p.order };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        tlv_write(&out, (uint32_t)(0x81 + i), parts[i]);
    tlv_write(&out, 0x87, p.cofactor);
    tlv_close(&out, public_key);
    tlv_write(&out, 0x5F20, span_of_text("ESHSM0000100001"));
    if (uses) {
        struct tlv_mark counter = tlv_open(&out, 0x90);
        write_u32(&out, uses);
        tlv_close(&out, counter);
    }
    apdu_write(&(struct apdu){ .ins = 0x46, .p1 = 3, .data = written(&out), .le = APDU_LE_MAX },
               &command);
    struct span answer = card_fixture_send(&f, written(&command));
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
}

/* The point shared with the generator is the key's own. */
START_TEST(key_on_the_curve_proves_signs_and_agrees)
{
    const struct curve *curve = curve_at((size_t)_i);
    uint8_t request_bytes[4096], hash[SHA_DIGEST_LENGTH] = { 1 };
    struct writer kept = WRITER_OF(request_bytes);
    struct curve_storage storage;
    struct domain_parameters parameters;

    ck_assert_uint_eq(generate_on(curve, 0), 0x9000);
    write_span(&kept, card_fixture_data(&f));
    struct request_parts request = take_apart(written(&kept));
    struct span point = component(request.key, 0x86);
    EVP_PKEY *key = ec_key(curve->library, point);
    ck_assert(verify_plain(key, request.body, request.inner_signature));

    ck_assert_uint_eq(send_key_command(0x68, 3, 0x70, SPAN_OF(hash)), 0x9000);
    ck_assert(verify_der(key, SPAN_OF(hash), card_fixture_data(&f)));

    ck_assert_int_eq(curve_parameters(curve, &storage, &parameters), 0);
    ck_assert_uint_eq(send_key_command(0x62, 3, 0x80, parameters.generator), 0x9000);
    ck_assert(span_equal(card_fixture_data(&f), point));
    EVP_PKEY_free(key);
}
END_TEST

/* Signed again where OpenSC 0.23.0 would misread it (protocol.md 7.2), which one in sixteen is:
 * that none of 100 was has a chance of 1 in 600. */
START_TEST(signature_on_p521_is_long_and_one_use)
{
    enum { USES = 100 };
    uint8_t hash[64] = { 1 };
    ck_assert_uint_eq(generate_on(curve_by_name("P-521"), USES), 0x9000);
    for (int i = 0; i < USES; i++) {
        uint64_t before = store_facts(f.store).log_size;
        ck_assert_uint_eq(send_key_command(0x68, 3, 0x70, SPAN_OF(hash)), 0x9000);
        ck_assert_uint_gt(card_fixture_data(&f).size, 137);
        ck_assert_uint_eq(store_facts(f.store).log_size, before + 1);
    }
    ck_assert_uint_eq(send_key_command(0x68, 3, 0x70, SPAN_OF(hash)), 0x6984);
}
END_TEST

START_TEST(block_not_below_the_modulus_is_wrong_data)
{
    generate(GENERATE_RSA2048);
    uint8_t block[256];
    memset(block, 0xFF, sizeof block);
    ck_assert_uint_eq(send_key_command(0x68, 1, 0x20, SPAN_OF(block)), 0x6A80);
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

/* As GENERATE SYMMETRIC KEY does (transcripts/symmetric.txt). */
START_TEST(a_wrapping_key_is_not_obeyed_by_halves)
{
    ck_assert_uint_eq(card_fixture_status(&f,
                                          "00 46 07 00 37 5F290100 4209555443413030303031 7F4910 "
                                          "060A04007F00070202020102 02020400 "
                                          "5F200F455348534D30303030313030303031 930101"),
                      0x6A80);
}
END_TEST

/* A counter limits how often a key is asked, also by whoever sends what does not decipher; what is
 * refused before the key works, such as a hash too long, costs nothing. */
START_TEST(bad_decryptions_use_a_counter_up)
{
    uint8_t bytes[128] = { 0, 1 };
    ck_assert_uint_eq(card_fixture_status(&f,
                                          "00 46 07 00 3A 5F290100 4209555443413030303031 7F4910 "
                                          "060A04007F00070202020102 02020400 "
                                          "5F200F455348534D30303030313030303031 9004 00000002"),
                      0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 07 20 01 00"), 0x6A80);
    ck_assert_uint_eq(card_fixture_command(&f, 0x80620723, SPAN_OF(bytes)), 0x6A80);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_command(&f, 0x80620723, SPAN_OF(bytes)), 0x6A80);
    ck_assert_uint_eq(card_fixture_command(&f, 0x80620723, SPAN_OF(bytes)), 0x6984);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("card keys");
    TCase *all = tcase_create("card keys");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, log_in, log_out);
    tcase_add_test(all, ec_signature_verifies_with_the_key_of_the_request);
    tcase_add_test(all, every_hashing_ecdsa_signs_the_hash_of_the_message);
    tcase_add_test(all, ec_request_is_signed_by_the_new_key_and_by_the_device);
    tcase_add_test(all, rsa_request_is_signed_by_the_new_key_and_by_the_device);
    tcase_add_test(all, raw_rsa_is_undone_by_the_public_key);
    tcase_add_test(all, every_padded_rsa_signature_verifies);
    tcase_add_test(all, digest_info_is_padded_by_the_card);
    tcase_add_test(all, a_wrapping_key_is_not_obeyed_by_halves);
    tcase_add_test(all, bad_decryptions_use_a_counter_up);
    tcase_add_test(all, key_that_signs_for_another_is_a_fault);
    tcase_add_loop_test(all, key_on_the_curve_proves_signs_and_agrees, 0, (int)curve_count());
    tcase_add_test(all, signature_on_p521_is_long_and_one_use);
    tcase_add_test(all, block_not_below_the_modulus_is_wrong_data);
    tcase_add_test(all, device_certificate_chains_to_the_root);
    tcase_add_test(all, stopped_generation_changes_nothing);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
