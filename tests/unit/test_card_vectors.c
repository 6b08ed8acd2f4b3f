/* SPDX-License-Identifier: Apache-2.0 */
/* Wycheproof's vectors through the card's own commands: each key is sealed into the store, as an
 * import would, and used by SIGN or DECIPHER. A file is a row of the table. */
#include <string.h>

#include "base/tlv.h"
#include "tests/support/card_fixture.h"
#include "tests/support/digest_names.h"
#include "tests/support/rejection_vectors.h"
#include "tests/support/sealed_key.h"
#include "tests/support/suite.h"
#include "tests/support/wycheproof.h"

enum { STATUS_DONE = 0x9000, STATUS_DATA = 0x6A80, STATUS_LENGTH = 0x6700 };

struct play {
    struct card_fixture card;
    const char *file;
    const struct curve *curve;
    const json_t *group; /* whose key the card holds */
    size_t used;         /* tests that could be put to a card */
};

static void seal_rsa(struct play *p, json_t *group)
{
    struct key_spec spec;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    if (p->group == group)
        return;
    wycheproof_rsa_key(group, &spec, &material);
    sealed_key_put(&p->card, &spec, written(&material));
    p->group = group;
}

/* Sends the key command; the answer's data is in card_fixture_data(). */
static unsigned command(struct play *p, uint8_t ins, uint8_t algorithm, struct span data)
{
    p->used++;
    return sealed_key_command(&p->card, ins, algorithm, data);
}

/* No data, or more than any key takes, is refused by the command's row, wrong data by the key. */
static unsigned refusal_of(struct span data)
{
    return data.size && data.size <= 1024 ? STATUS_DATA : STATUS_LENGTH;
}

static void assert_deciphers(struct play *p, uint8_t algorithm, struct span cipher,
                             struct span message)
{
    unsigned expected = message.at ? STATUS_DONE : refusal_of(cipher);
    ck_assert_uint_eq(command(p, 0x62, algorithm, cipher), expected);
    ck_assert(span_equal(card_fixture_data(&p->card), message));
}

static bool is(json_t *test, const char *result)
{
    return strcmp(wycheproof_text(test, "result"), result) == 0;
}

/* --- One test each --- */

static void check_signature(void *context, json_t *group, json_t *test)
{
    struct play *p = context;
    uint8_t bytes[4096];
    struct writer storage = WRITER_OF(bytes);
    struct span message = wycheproof_bytes(test, "msg", &storage);
    struct span signature = wycheproof_bytes(test, "sig", &storage);
    enum digest digest = digest_named(wycheproof_text(group, "sha"));
    uint8_t algorithm = (uint8_t)(0x31 + digest - DIGEST_SHA1);

    seal_rsa(p, group);
    unsigned expected = message.size ? STATUS_DONE : STATUS_LENGTH;
    ck_assert_uint_eq(command(p, 0x68, algorithm, message), expected);
    if (message.size)
        ck_assert(span_equal(card_fixture_data(&p->card), signature));
}

static void check_pkcs1(void *context, json_t *group, json_t *test)
{
    struct play *p = context;
    uint8_t bytes[4096];
    struct writer storage = WRITER_OF(bytes);
    struct span cipher = wycheproof_bytes(test, "ct", &storage);
    seal_rsa(p, group);
    assert_deciphers(p, 0x22, cipher, rejection_message(p->file, test, &storage));
}

static void check_oaep(void *context, json_t *group, json_t *test)
{
    struct play *p = context;
    uint8_t bytes[4096];
    struct writer storage = WRITER_OF(bytes);
    struct span cipher = wycheproof_bytes(test, "ct", &storage);
    struct span message = wycheproof_bytes(test, "msg", &storage);
    bool good = is(test, "valid") && *wycheproof_text(test, "label") == '\0';
    seal_rsa(p, group);
    assert_deciphers(p, 0x23, cipher, good ? message : (struct span){ 0 });
}

/* The point in a SubjectPublicKeyInfo (RFC 5480) that names the curve; false when it does not. */
static bool read_key_info(struct span der, const struct curve *curve, struct span *out)
{
    struct reader in = reader_of(der);
    struct reader info = tlv_enter(&in, 0x30);
    struct reader algorithm = tlv_enter(&info, 0x30);
    tlv_expect(&algorithm, 0x06);
    struct span oid = tlv_expect(&algorithm, 0x06);
    struct span bits = tlv_expect(&info, 0x03);
    *out = span_part(bits, 1, bits.size);
    return read_finished(&in) && span_equal(oid, curve->oid);
}

static bool read_peer(struct play *p, json_t *group, struct span known, struct span *out)
{
    if (strcmp(wycheproof_text(group, "encoding"), "asn") == 0)
        return read_key_info(known, p->curve, out);
    *out = known;
    return true;
}

/* Other forms of points and of what is around them are "acceptable": as long as the answer, if
 * there is one, is right. */
static void check_agreement(void *context, json_t *group, json_t *test)
{
    struct play *p = context;
    uint8_t bytes[16 * 1024];
    struct writer storage = WRITER_OF(bytes);
    size_t field = curve_field_size(p->curve);
    struct span shared = wycheproof_bytes(test, "shared", &storage), peer;
    if (!read_peer(p, group, wycheproof_bytes(test, "public", &storage), &peer)) {
        ck_assert(!is(test, "valid"));
        return;
    }

    sealed_key_put_scalar(&p->card, p->curve, wycheproof_bytes(test, "private", &storage));
    unsigned status = command(p, 0x62, 0x80, peer);
    ck_assert(status == STATUS_DONE ? !is(test, "invalid") : !is(test, "valid"));
    if (status != STATUS_DONE) {
        ck_assert_uint_eq(status, refusal_of(peer));
        return;
    }
    ck_assert_uint_eq(card_fixture_data(&p->card).size, 1 + 2 * field);
    ck_assert(span_equal(span_part(card_fixture_data(&p->card), 1, field), shared));
}

/* --- The files --- */

/* used: tests that reached the card; of public keys as ASN.1, those that name the curve. */
static const struct {
    const char *file;
    wycheproof_use *check;
    const char *curve;
    size_t used;
} files[] = {
    { "rsa_pkcs1_1024_sig_gen_test.json", check_signature, NULL, 33 },
    { "rsa_pkcs1_1536_sig_gen_test.json", check_signature, NULL, 32 },
    { "rsa_pkcs1_2048_sig_gen_test.json", check_signature, NULL, 43 },
    { "rsa_pkcs1_3072_sig_gen_test.json", check_signature, NULL, 26 },
    { "rsa_pkcs1_4096_sig_gen_test.json", check_signature, NULL, 24 },
    { "rsa_pkcs1_2048_test.json", check_pkcs1, NULL, 67 },
    { "rsa_pkcs1_3072_test.json", check_pkcs1, NULL, 67 },
    { "rsa_pkcs1_4096_test.json", check_pkcs1, NULL, 67 },
    { "rsa_oaep_2048_sha256_mgf1sha256_test.json", check_oaep, NULL, 37 },
    { "rsa_oaep_3072_sha256_mgf1sha256_test.json", check_oaep, NULL, 37 },
    { "rsa_oaep_4096_sha256_mgf1sha256_test.json", check_oaep, NULL, 37 },
    { "ecdh_secp224r1_ecpoint_test.json", check_agreement, "P-224", 458 },
    { "ecdh_secp256r1_ecpoint_test.json", check_agreement, "P-256", 355 },
    { "ecdh_secp384r1_ecpoint_test.json", check_agreement, "P-384", 790 },
    { "ecdh_secp521r1_ecpoint_test.json", check_agreement, "P-521", 661 },
    { "ecdh_secp256k1_test.json", check_agreement, "secp256k1", 554 },
    { "ecdh_brainpoolP224r1_test.json", check_agreement, "brainpoolP224r1", 584 },
    { "ecdh_brainpoolP256r1_test.json", check_agreement, "brainpoolP256r1", 600 },
    { "ecdh_brainpoolP320r1_test.json", check_agreement, "brainpoolP320r1", 572 },
    { "ecdh_brainpoolP384r1_test.json", check_agreement, "brainpoolP384r1", 736 },
    { "ecdh_brainpoolP512r1_test.json", check_agreement, "brainpoolP512r1", 588 },
};

START_TEST(vectors_through_commands)
{
    static struct play p;
    p.file = files[_i].file;
    card_fixture_init(&p.card);
    p.curve = files[_i].curve ? curve_by_name(files[_i].curve) : NULL;
    card_fixture_initialise(&p.card);
    ck_assert_uint_eq(card_fixture_status(&p.card, VERIFY_USER), STATUS_DONE);
    wycheproof_each(p.file, files[_i].check, &p);
    ck_assert_uint_eq(p.used, files[_i].used);
    card_fixture_deinit(&p.card);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("card vectors");
    TCase *all = tcase_create("card vectors");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, vectors_through_commands, 0, COUNT_OF(files));
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
