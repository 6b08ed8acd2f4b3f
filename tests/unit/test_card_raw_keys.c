/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on Edwards and Montgomery curves through the card's own commands: made in the card, or
 * brought in as blobs, so that published keys give published answers. */
#include <openssl/evp.h>
#include <string.h>

#include "base/tlv.h"
#include "card-os/key_record.h"
#include "crypto/curve_parameters.h"
#include "formats/cvc.h"
#include "formats/key_blob.h"
#include "tests/support/dkek_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/vectors.h"
#include "tests/support/wycheproof.h"

enum { KEY = 3, ANOTHER = 4 };

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

/* Borrowed from the storage. */
static struct domain_parameters parameters_of(const struct curve *curve,
                                              struct curve_storage *storage)
{
    struct domain_parameters parameters;
    ck_assert_int_eq(curve_parameters(curve, storage, &parameters), 0);
    return parameters;
}

/* --- GENERATE --- */

struct wish {
    struct span members[5]; /* 81 to 85 of the template; at NULL: left out */
    struct span extra;      /* after the name */
};

static unsigned generate(const struct wish *wish)
{
    uint8_t bytes[1024];
    struct writer out = WRITER_OF(bytes);
    tlv_write_u8(&out, 0x5F29, 0);
    struct tlv_mark parts = tlv_open(&out, 0x7F49);
    tlv_write(&out, 0x06, SPAN_OF(((uint8_t[]){ 4, 0, 0x7F, 0, 7, 2, 2, 2, 2, 3 })));
    for (size_t i = 0; i < COUNT_OF(wish->members); i++)
        if (wish->members[i].at)
            tlv_write(&out, (uint32_t)(0x81 + i), wish->members[i]);
    tlv_close(&out, parts);
    tlv_write(&out, 0x5F20, span_of_text("ESHSM0000100001"));
    write_span(&out, wish->extra);
    return send(&f, 0x46, KEY, 0, written(&out));
}

/* Borrowed from the storage, too. */
static struct wish wish_for(const struct curve *curve, struct curve_storage *storage)
{
    const struct domain_parameters p = parameters_of(curve, storage);
    return (struct wish){ .members = { p.prime, p.order, p.generator } };
}

static EVP_PKEY *public_key(const struct curve *curve, struct span point)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key_ex(NULL, curve->library, NULL, point.at, point.size);
    ck_assert_ptr_nonnull(key);
    return key;
}

static bool verifies(EVP_PKEY *key, struct span message, struct span signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestVerifyInit(context, NULL, NULL, NULL, key), 1);
    int r = EVP_DigestVerify(context, signature.at, signature.size, message.at, message.size);
    EVP_MD_CTX_free(context);
    return r == 1;
}

/* The request as a host reads it, kept beyond the next answer. */
static struct cvc_request read_request(void)
{
    static uint8_t bytes[4096];
    struct writer kept = WRITER_OF(bytes);
    struct cvc_request request;
    write_span(&kept, card_fixture_data(&f));
    struct reader in = reader_of(written(&kept));
    struct reader contents = tlv_enter(&in, 0x67);
    ck_assert_int_eq(cvc_read_request(&contents, &request), 0);
    ck_assert(read_finished(&in));
    return request;
}

/* The template of the request is that of the command, and the point behind it. */
static void assert_template(const struct cvc_request *request, const struct curve *curve)
{
    struct reader in = reader_of(request->inner.body);
    struct reader body = tlv_enter(&in, 0x7F4E);
    struct span key;
    ck_assert(tlv_find(&body, 0x7F49, &key));
    struct reader members = reader_of(key);
    struct curve_storage storage;
    const struct wish wish = wish_for(curve, &storage);
    tlv_expect(&members, 0x06);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert(span_equal(tlv_expect(&members, 0x81 + i), wish.members[i]));
    ck_assert(span_equal(tlv_expect(&members, 0x84), request->inner.key.point));
    ck_assert(read_finished(&members));
}

static void assert_made_here(const struct cvc_request *request)
{
    struct cvc device;
    card_fixture_send_hex(&f, "00 B1 2F 02 00 00 04 54 02 00 00 00 00");
    struct reader in = reader_of(card_fixture_data(&f));
    struct reader certificate = tlv_enter(&in, CVC_CERTIFICATE);
    ck_assert_int_eq(cvc_read(&certificate, curve_by_name("brainpoolP256r1"), &device), 0);
    ck_assert(span_equal(request->car, device.chr));
    ck_assert_int_eq(
        cvc_verify(&device.spec, &device.key, request->signed_part, request->signature), 0);
}

START_TEST(edwards_key_proves_itself_and_signs_messages)
{
    static const char *const names[] = { "Ed25519", "Ed448" };
    const struct curve *curve = curve_by_name(names[_i]);
    struct curve_storage storage;
    const struct wish wish = wish_for(curve, &storage);
    uint8_t message[4096] = { 1 };
    ck_assert_uint_eq(generate(&wish), 0x9000);
    struct cvc_request request = read_request();
    ck_assert_ptr_eq(request.inner.spec.curve, curve);
    assert_template(&request, curve);
    EVP_PKEY *key = public_key(curve, request.inner.key.point);
    ck_assert(verifies(key, request.inner.body, request.inner.signature));
    ck_assert_int_eq(cvc_verify(&request.inner.spec, &request.inner.key, request.inner.body,
                                request.inner.signature),
                     0);
    assert_made_here(&request);
    ck_assert_uint_eq(send(&f, 0x68, KEY, 0x70, SPAN_OF(message)), 0x9000);
    ck_assert(verifies(key, SPAN_OF(message), card_fixture_data(&f)));
    EVP_PKEY_free(key);
    ck_assert_uint_eq(send(&f, 0x68, KEY, 0x73, SPAN_OF(message)), 0x6A81);
    ck_assert_uint_eq(send(&f, 0x62, KEY, 0x80, request.inner.key.point), 0x6A81);
    ck_assert_uint_eq(send(&f, 0x76, KEY, ANOTHER, span_of_text("\x98parameter")), 0x6A81);
}
END_TEST

/* Two cards that show each other their requests agree; so does the card with itself and the base
 * point, whose product is the public key. */
START_TEST(montgomery_key_agrees_and_signs_nothing)
{
    static const char *const names[] = { "X25519", "X448" };
    const struct curve *curve = curve_by_name(names[_i]);
    struct curve_storage storage;
    const struct wish wish = wish_for(curve, &storage);
    uint8_t shared_bytes[64], peer_bytes[64];
    struct writer shared = WRITER_OF(shared_bytes);
    ck_assert_uint_eq(generate(&wish), 0x9000);
    struct cvc_request request = read_request();
    ck_assert_ptr_eq(request.inner.spec.curve, curve);
    assert_template(&request, curve);
    ck_assert_uint_eq(request.inner.signature.size, 0);
    ck_assert_int_eq(cvc_verify(&request.inner.spec, &request.inner.key, request.inner.body,
                                request.inner.signature),
                     CRYPTO_BAD_SIGNATURE);
    assert_made_here(&request);

    ck_assert_uint_eq(send(&f, 0x62, KEY, 0x80, wish.members[2]), 0x9000);
    ck_assert(span_equal(card_fixture_data(&f), request.inner.key.point));

    EVP_PKEY *theirs = EVP_PKEY_Q_keygen(NULL, NULL, curve->library);
    EVP_PKEY *ours = public_key(curve, request.inner.key.point);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(theirs, NULL);
    size_t peer_size = sizeof peer_bytes, size = sizeof shared_bytes;
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(theirs, peer_bytes, &peer_size), 1);
    ck_assert_int_eq(EVP_PKEY_derive_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_derive_set_peer(context, ours), 1);
    ck_assert_int_eq(EVP_PKEY_derive(context, shared_bytes, &size), 1);
    shared.size = size;
    ck_assert_uint_eq(send(&f, 0x62, KEY, 0x80, span_of(peer_bytes, peer_size)), 0x9000);
    ck_assert(span_equal(card_fixture_data(&f), written(&shared)));
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);

    ck_assert_uint_eq(send(&f, 0x68, KEY, 0x70, SPAN_OF(peer_bytes)), 0x6A81);
    ck_assert_uint_eq(send(&f, 0x62, KEY, 0x80, span_of(peer_bytes, peer_size - 1)), 0x6A80);
    uint8_t long_bytes[65] = { 9 }, zero[64] = { 0 };
    ck_assert_uint_eq(send(&f, 0x62, KEY, 0x80, span_of(long_bytes, peer_size + 1)), 0x6A80);
    ck_assert_uint_eq(send(&f, 0x62, KEY, 0x80, span_of(zero, peer_size)), 0x6A80);
}
END_TEST

START_TEST(templates_of_no_such_curve_are_refused)
{
    const struct curve *curve = raw_curve_at((size_t)_i);
    struct curve_storage storage, storage256;
    const struct domain_parameters p = parameters_of(curve, &storage),
                                   p256 = parameters_of(curve_by_name("P-256"), &storage256);
    const struct wish bad[] = {
        { .members = { p.prime } },
        { .members = { p.prime, p.order } },
        { .members = { p.prime, p256.order, p.generator } },
        { .members = { p.prime, p.order, p.order } },
        { .members = { p256.prime, p.order, p.generator } },
        { .members = { p.prime, p.order, span_part(p.generator, 0, 0) } },
        /* coefficients, as Weierstrass curves have them */
        { .members = { p.prime, p.order, p.order, p.generator, p.order } },
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_uint_eq(generate(&bad[i]), 0x6A80);
    /* The order may be left out. */
    const struct wish good = { .members = { p.prime, { 0 }, p.generator } };
    ck_assert_uint_eq(generate(&good), 0x9000);
}
END_TEST

/* Cut at every byte, whatever it ends with then; and with a byte too many. */
START_TEST(template_of_another_length_is_refused)
{
    struct curve_storage storage;
    const struct wish wish = wish_for(raw_curve_at((size_t)_i), &storage);
    uint8_t bytes[256] = { 0 };
    struct writer whole = WRITER_OF(bytes);
    tlv_write(&whole, 0x06, SPAN_OF(((uint8_t[]){ 4, 0, 0x7F, 0, 7, 2, 2, 2, 2, 3 })));
    for (uint32_t i = 0; i < 3; i++)
        tlv_write(&whole, 0x81 + i, wish.members[i]);
    for (size_t size = 1; size <= whole.size + 1; size++) {
        uint8_t command_bytes[512];
        struct writer out = WRITER_OF(command_bytes);
        tlv_write_u8(&out, 0x5F29, 0);
        tlv_write(&out, 0x7F49, span_of(bytes, size));
        tlv_write(&out, 0x5F20, span_of_text("ESHSM0000100001"));
        ck_assert_uint_eq(send(&f, 0x46, KEY, 0, written(&out)),
                          size == whole.size ? 0x9000 : 0x6A80);
    }
}
END_TEST

/* The counter, the list and the domain hold for these keys as for others, and SELECT shows them. */
START_TEST(limits_hold)
{
    static const uint8_t limits[] = { 0x90, 4, 0, 0, 0, 2, 0x91, 1, 0x70 };
    struct curve_storage storage;
    struct wish wish = wish_for(curve_by_name("Ed25519"), &storage);
    wish.extra = SPAN_OF(limits);
    ck_assert_uint_eq(generate(&wish), 0x9000);
    ck_assert_uint_eq(send(&f, 0x68, KEY, 0x70, span_of_text("one")), 0x9000);
    ck_assert_uint_eq(send(&f, 0x72, KEY, 0x92, (struct span){ 0 }), 0x6985);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(send(&f, 0x68, KEY, 0x70, span_of_text("two")), 0x9000);
    ck_assert_uint_eq(send(&f, 0x68, KEY, 0x70, span_of_text("three")), 0x6984);
    static const uint8_t foreign[] = { 0x91, 1, 0x73 };
    wish.extra = SPAN_OF(foreign);
    ck_assert_uint_eq(generate(&wish), 0x9000);
    ck_assert_uint_eq(send(&f, 0x68, KEY, 0x70, span_of_text("one")), 0x6A81);
}
END_TEST

/* Its own request, to a device that takes custodians. */
START_TEST(no_custodian_signs_with_such_a_key)
{
    struct curve_storage storage;
    const struct wish wish = wish_for(curve_by_name("Ed25519"), &storage);
    ck_assert_uint_eq(generate(&wish), 0x9000);
    struct cvc_request request = read_request();
    card_fixture_power_cycle(&other);
    ck_assert_uint_eq(card_fixture_status(&other,
                                          "80 50 00 00 1D 80020001 8106363438323139 "
                                          "82083537363231383830 910103 93020302"),
                      0x9000);
    uint8_t bytes[4096];
    struct writer contents = WRITER_OF(bytes);
    write_span(&contents, request.signed_part);
    tlv_write(&contents, CVC_SIGNATURE, request.signature);
    ck_assert_uint_eq(send(&other, 0x54, 0, 0, written(&contents)), 0x6A80);
}
END_TEST

/* --- WRAP and UNWRAP --- */

static struct span wrap(struct writer *out)
{
    ck_assert_uint_eq(send(&f, 0x72, KEY, 0x92, (struct span){ 0 }), 0x9000);
    write_span(out, card_fixture_data(&f));
    return written(out);
}

/* What the old token signs or agrees on, the new one does alike. */
START_TEST(key_travels)
{
    const struct curve *curve = raw_curve_at((size_t)_i);
    struct curve_storage storage;
    const struct wish wish = wish_for(curve, &storage);
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    struct key key;
    bool signs = curve->form == CURVE_EDWARDS;
    uint8_t ins = signs ? 0x68 : 0x62, algorithm = signs ? 0x70 : 0x80;
    ck_assert_uint_eq(generate(&wish), 0x9000);
    struct cvc_request request = read_request();
    wrap(&blob);
    ck_assert_uint_eq(bytes[8], BLOB_EC);
    ck_assert_uint_eq(send(&other, 0x74, KEY, 0x93, written(&blob)), 0x9000);
    ck_assert_uint_eq(send(&f, ins, KEY, algorithm, request.inner.key.point), 0x9000);
    ck_assert_uint_eq(send(&other, ins, KEY, algorithm, request.inner.key.point), 0x9000);
    ck_assert(span_equal(card_fixture_data(&f), card_fixture_data(&other)));
    ck_assert_int_eq(key_load(other.store, KEY, &key), 0);
    ck_assert_int_eq(key.origin, KEY_IMPORTED);
    ck_assert_ptr_eq(key.spec.curve, curve);
}
END_TEST

static struct span seal(const struct curve *curve, struct span secret, struct span point,
                        struct writer *out)
{
    const struct key_blob_key key = { .type = BLOB_EC,
                                      .spec = key_spec_on(curve),
                                      .parts = { .scalar = secret, .point = point } };
    write_trim(out, 0);
    ck_assert_int_eq(key_blob_seal(&kek, &key, span_of("\0\1\2\3\4\5\6\7", 8), out), 0);
    return written(out);
}

static void assert_refused(struct span blob)
{
    struct key before, after;
    ck_assert_int_eq(key_load(f.store, KEY, &before), 0);
    ck_assert_uint_eq(send(&f, 0x74, KEY, 0x93, blob), 0x6A80);
    ck_assert_int_eq(key_load(f.store, KEY, &after), 0);
    ck_assert(span_equal(SPAN_OF(before.hash), SPAN_OF(after.hash)));
}

START_TEST(parts_that_do_not_fit_are_refused)
{
    const struct curve *curve = raw_curve_at((size_t)_i), *sister = raw_curve_at((size_t)_i ^ 1);
    struct curve_storage storage;
    const struct wish wish = wish_for(curve, &storage);
    uint8_t bytes[KEY_BLOB_MAX], plain_bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes), plain = WRITER_OF(plain_bytes);
    struct key_blob wrapped;
    struct key_blob_key made;
    ck_assert_uint_eq(generate(&wish), 0x9000);
    wrap(&blob);
    ck_assert(key_blob_read(written(&blob), &wrapped));
    ck_assert_int_eq(key_blob_open(&kek, &wrapped, &plain, &made), 0);
    struct span secret = made.parts.scalar, point = made.parts.point, none = { 0 };
    size_t size = secret.size;
    assert_refused(seal(curve, secret, secret, &blob));
    assert_refused(seal(curve, secret, none, &blob));
    assert_refused(seal(curve, none, point, &blob));
    assert_refused(seal(curve, span_part(secret, 0, size - 1), point, &blob));
    assert_refused(seal(curve, span_part(secret, 1, size), point, &blob));
    assert_refused(seal(curve, secret, span_part(point, 0, size - 1), &blob));
    assert_refused(seal(sister, secret, point, &blob));
    ck_assert_uint_eq(send(&f, 0x74, KEY, 0x93, seal(curve, secret, point, &blob)), 0x9000);
}
END_TEST

/* --- Published keys --- */

static void put(const struct curve *curve, struct span secret, struct span point)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    ck_assert_uint_eq(send(&f, 0x74, KEY, 0x93, seal(curve, secret, point, &blob)), 0x9000);
}

/* RFC 8032. An empty message is none for the card: a command without data. */
static void check_signature(const struct curve *curve, struct vector *block)
{
    struct span message = vector_bytes(block, "message");
    put(curve, vector_bytes(block, "secret"), vector_bytes(block, "public"));
    ck_assert_uint_eq(send(&f, 0x68, KEY, 0x70, message), message.size ? 0x9000 : 0x6700);
    if (message.size)
        ck_assert(span_equal(card_fixture_data(&f), vector_bytes(block, "signature")));
}

START_TEST(published_keys_sign_as_published)
{
    static const char *const names[] = { "Ed25519", "Ed448" };
    SCOPED(vectors_close) struct vectors all = { 0 };
    static struct vector block;
    char path[80];
    unsigned blocks = 0;
    snprintf(path, sizeof path, "curve/%s.txt", names[_i]);
    vectors_open(&all, path);
    for (; vectors_next(&all, &block); blocks++)
        check_signature(curve_by_name(names[_i]), &block);
    ck_assert_uint_ge(blocks, 3);
}
END_TEST

static struct span public_of(const struct curve *curve, struct span secret, struct writer *storage)
{
    size_t before = storage->size, size = secret.size;
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key_ex(NULL, curve->library, NULL, secret.at, secret.size);
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(key, write_room(storage, size), &size), 1);
    EVP_PKEY_free(key);
    return span_part(written(storage), before, storage->size);
}

/* Points on the twist and numbers beyond the prime count (RFC 7748 5); what gives zero does not. */
static void check_agreement(void *context, json_t *group, json_t *test)
{
    const struct curve *curve = context;
    uint8_t bytes[1024];
    struct writer storage = WRITER_OF(bytes);
    struct span secret = wycheproof_bytes(test, "private", &storage);
    struct span peer = wycheproof_bytes(test, "public", &storage);
    struct span shared = wycheproof_bytes(test, "shared", &storage);
    bool good = peer.size == secret.size && !span_is_zero(shared);
    (void)group;
    put(curve, secret, public_of(curve, secret, &storage));
    ck_assert_uint_eq(send(&f, 0x62, KEY, 0x80, peer), good ? 0x9000 : 0x6A80);
    if (good)
        ck_assert(span_equal(card_fixture_data(&f), shared));
    else
        ck_assert_str_ne(wycheproof_text(test, "result"), "valid");
}

static const struct {
    const char *curve, *file;
    size_t tests;
} agreement_files[] = {
    { "X25519", "x25519_test.json", 518 },
    { "X448", "x448_test.json", 510 },
};

START_TEST(published_keys_agree_as_published)
{
    ck_assert_uint_eq(wycheproof_each(agreement_files[_i].file, check_agreement,
                                      (void *)(uintptr_t)curve_by_name(agreement_files[_i].curve)),
                      agreement_files[_i].tests);
}
END_TEST

int main(void)
{
    int curves = (int)raw_curve_count();
    Suite *suite = suite_create("card raw keys");
    TCase *all = tcase_create("card raw keys");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(all, edwards_key_proves_itself_and_signs_messages, 0, 2);
    tcase_add_loop_test(all, montgomery_key_agrees_and_signs_nothing, 0, 2);
    tcase_add_loop_test(all, templates_of_no_such_curve_are_refused, 0, curves);
    tcase_add_loop_test(all, template_of_another_length_is_refused, 0, curves);
    tcase_add_test(all, limits_hold);
    tcase_add_test(all, no_custodian_signs_with_such_a_key);
    tcase_add_loop_test(all, key_travels, 0, curves);
    tcase_add_loop_test(all, parts_that_do_not_fit_are_refused, 0, curves);
    tcase_add_loop_test(all, published_keys_sign_as_published, 0, 2);
    tcase_add_loop_test(all, published_keys_agree_as_published, 0, (int)COUNT_OF(agreement_files));
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
