/* The card's key commands, with values checked by OpenSSL: what is signed verifies, requests prove
 * what they say, and nothing leaves without its record. */
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
#include "storage/audit.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

#define HASH "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

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

/* --- Records --- */

struct last_line {
    struct audit_record record;
    uint64_t count;
};

static bool keep_last(void *context, uint64_t seq, struct span line)
{
    struct last_line *last = context;
    ck_assert(audit_record_read(line, &last->record));
    ck_assert_uint_eq(last->record.seq, seq);
    last->count++;
    return true;
}

static struct audit_record last_record(void)
{
    struct last_line last = { 0 };
    ck_assert_int_eq(audit_read(f.store, 1, keep_last, &last), 0);
    ck_assert_uint_eq(last.count, audit_head(f.store).size);
    return last.record;
}

START_TEST(signature_leaves_a_record_of_key_and_digest)
{
    generate(GENERATE_P256);
    uint8_t hash[32], digest[32];
    for (size_t i = 0; i < sizeof hash; i++)
        hash[i] = (uint8_t)i;
    SHA256(hash, sizeof hash, digest);
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 02 70 00 00 20" HASH "02 00"), 0x9000);
    struct audit_record record = last_record();
    ck_assert_uint_eq(record.action, AUDIT_SIGN);
    ck_assert_uint_eq(record.sw, 0x9000);
    ck_assert_uint_eq(record.role, AUDIT_USER);
    ck_assert_uint_eq(record.object, 0xCC02);
    ck_assert(span_equal(SPAN_OF(record.digest), SPAN_OF(digest)));
    ck_assert(span_equal(SPAN_OF(record.command), SPAN_OF(((uint8_t[]){ 0x80, 0x68, 2, 0x70 }))));
}
END_TEST

START_TEST(refusals_and_failed_logins_leave_records_without_digests)
{
    static const struct {
        const char *command;
        uint16_t sw;
        enum audit_action action;
    } cases[] = {
        { "00 20 00 81 06 31 31 31 31 31 31", 0x63C2, AUDIT_USER_LOGIN },
        { "80 68 02 70 01 00", 0x6982, AUDIT_SIGN },
        { "80 62 01 21 01 00", 0x6982, AUDIT_DECIPHER },
        { "00 B1 CD 05 04 54 02 00 00 00", 0x6982, AUDIT_FILE_READ },
        { "00 20 00 88 08 31 31 31 31 31 31 31 31", 0x63CE, AUDIT_SO_LOGIN },
        { "80 50 00 00 19 80 02 00 01 81 06 31 31 31 31 31 31 82 08 31 31 31 31 31 31 31 31 91 01 "
          "03",
          0x63CD, AUDIT_INITIALIZE },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t before = audit_head(f.store).size;
        ck_assert_uint_eq(card_fixture_status(&f, cases[i].command), cases[i].sw);
        struct audit_record record = last_record();
        ck_assert_uint_eq(record.seq, before + 1);
        ck_assert_uint_eq(record.action, cases[i].action);
        ck_assert_uint_eq(record.sw, cases[i].sw);
        ck_assert(span_is_zero(SPAN_OF(record.digest)));
    }
}
END_TEST

START_TEST(records_name_who_was_authorised)
{
    static const struct {
        const char *command;
        enum audit_role role;
    } cases[] = {
        { VERIFY_USER, AUDIT_USER },
        { VERIFY_OFFICER, AUDIT_OFFICER },
        { INITIALIZE, AUDIT_OFFICER }, /* by the SO-PIN inside, whoever is logged in */
        { "00 20 00 81 06 31 31 31 31 31 31", AUDIT_NOBODY },
        { "80 68 02 70 01 00", AUDIT_NOBODY },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        card_reset(f.card);
        card_fixture_send_hex(&f, cases[i].command);
        ck_assert_uint_eq(last_record().role, cases[i].role);
    }
}
END_TEST

START_TEST(signature_is_the_users_even_with_the_officer_logged_in)
{
    generate(GENERATE_P256);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 02 70 20" HASH "00"), 0x9000);
    ck_assert_uint_eq(last_record().role, AUDIT_USER);
}
END_TEST

START_TEST(commands_that_change_nothing_leave_no_record)
{
    static const char *const commands[] = {
        "00 A4 04 00 0B E8 2B 06 01 04 01 81 C3 1F 02 01 00",
        "00 B1 2F 02 04 54 02 00 00 00",
        "80 58 00 00 00",
        "00 20 00 81",
        "00 84 00 00 08",
        "00 FF 00 00",
        "80 68 01 20",
    };
    struct store_facts before = store_facts(f.store);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        card_fixture_send_hex(&f, commands[i]);
    ck_assert_uint_eq(store_facts(f.store).generation, before.generation);
    ck_assert_uint_eq(audit_head(f.store).size, before.log_size);
}
END_TEST

START_TEST(verify_is_two_commits_and_one_record)
{
    struct store_facts before = store_facts(f.store);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(store_facts(f.store).generation, before.generation + 2);
    ck_assert_uint_eq(store_facts(f.store).log_size, before.log_size + 1);
}
END_TEST

static int no_random(void *context, uint8_t *out, size_t size)
{
    (void)context, (void)out, (void)size;
    return FAULT_LIBRARY;
}

START_TEST(no_record_no_answer)
{
    generate(GENERATE_P256);
    struct env working = f.env;
    f.env.random = no_random; /* every record needs 16 random bytes */
    uint64_t before = audit_head(f.store).size;
    struct span answer = card_fixture_send_hex(&f, "80 68 02 70 00 00 20" HASH "02 00");
    f.env = working;
    ck_assert(span_equal(answer, SPAN_OF(((uint8_t[]){ 0x6F, 0x00 }))));
    ck_assert_int_eq(f.fault, FAULT_LIBRARY);
    ck_assert_uint_eq(audit_head(f.store).size, before);
    /* and the session is over */
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81"), 0x63C3);
}
END_TEST

/* Fails once, then works: the command that needs it fails, the record of its refusal does not. */
static int random_that_fails_once(void *context, uint8_t *out, size_t size)
{
    struct card_fixture *fixture = context;
    fixture->env.random = fixture->working_random;
    (void)out, (void)size;
    return FAULT_LIBRARY;
}

START_TEST(right_officer_pin_costs_no_try_when_initialize_fails)
{
    f.working_random = f.env.random;
    f.env.random = random_that_fails_once;
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE), 0x6F00);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 88"), 0x63CF);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}
END_TEST

START_TEST(no_record_no_login)
{
    card_reset(f.card);
    struct env working = f.env;
    f.env.random = no_random;
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x6F00);
    f.env = working;
    /* the try stays spent, the login does not count */
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81"), 0x63C2);
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
        stopped_generation_changes_nothing, signature_leaves_a_record_of_key_and_digest,
        refusals_and_failed_logins_leave_records_without_digests, records_name_who_was_authorised,
        signature_is_the_users_even_with_the_officer_logged_in,
        commands_that_change_nothing_leave_no_record, verify_is_two_commits_and_one_record,
        no_record_no_answer, right_officer_pin_costs_no_try_when_initialize_fails,
        no_record_no_login);
}
