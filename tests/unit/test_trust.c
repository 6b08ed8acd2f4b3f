/* SPDX-License-Identifier: Apache-2.0 */
/* card-os/trust: whom the card believes. An authority whose keys the test holds signs what none of
 * ours would. */
#include "card-os/trust.h"

#include "base/tlv.h"
#include "card-os/device.h"
#include "card-os/session.h"
#include "formats/file_ids.h"
#include "tests/support/forge.h"
#include "tests/support/papers.h"
#include "tests/support/suite.h"

/* Options 0001, a custodian, who registers with a request. */
#define INITIALIZE_CUSTODY                                                                         \
    "80 50 00 00 1D 80020001 8106363438323139 82083537363231383830 910103 93020101"
#define CERTIFICATE_MAX 1024

static struct card_fixture card;
static struct forge forge;
static struct party *const root = &forge.authority.root, *const issuer = &forge.authority.issuer;
static struct party stranger;

static void set_up(void)
{
    card_fixture_init(&card);
    ck_assert_uint_eq(card_fixture_status(&card, INITIALIZE_CUSTODY), 0x9000);
    forge_init(&forge, &card);
    ck_assert_int_eq(party_init(&stranger, "ZZGX", NULL), 0);
}

static void tear_down(void)
{
    party_deinit(&stranger);
    forge_deinit(&forge);
    card_fixture_deinit(&card);
}

static uint16_t choose(const struct party *party)
{
    return papers_choose_issuer(&card, SPAN_OF(party->name));
}

/* Shows a certificate of this body, signed by this party. */
static uint16_t show(const struct cvc_body *body, const struct party *by)
{
    uint8_t bytes[CERTIFICATE_MAX];
    struct writer out = WRITER_OF(bytes);
    ck_assert_uint_eq(choose(by), 0x9000);
    return papers_verify(&card, forge_certificate(body, by, &out));
}

/* --- Certificates --- */

/* What is refused is not believed either. */
START_TEST(a_root_vouches_for_issuers_and_an_issuer_for_devices)
{
    const struct party *const signers[] = { root, issuer, &forge.device };
    const enum cvc_role roles[] = { CVC_ROOT, CVC_ISSUER, CVC_DEVICE };
    for (size_t i = 0; i < COUNT_OF(signers); i++)
        for (size_t j = 0; j < COUNT_OF(roles); j++) {
            const struct cvc_body body = forge_body(forge.now_ms, &stranger, signers[i], roles[j]);
            bool below = j == i + 1;
            card_reset(card.card);
            forge_import(&forge, &card);
            ck_assert_uint_eq(show(&body, signers[i]), below ? 0x9000 : 0x6985);
            ck_assert_uint_eq(choose(&stranger), below ? 0x9000 : 0x6A88);
        }
}
END_TEST

START_TEST(a_certificate_names_its_issuer)
{
    struct cvc_body body = forge_body(forge.now_ms, &stranger, &forge.device, CVC_ISSUER);
    ck_assert_uint_eq(show(&body, root), 0x6985);
    body.car = SPAN_OF(root->name);
    ck_assert_uint_eq(show(&body, root), 0x9000);
}
END_TEST

START_TEST(a_signature_that_does_not_verify_makes_nobody_known)
{
    uint8_t bytes[CERTIFICATE_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct cvc_body body = forge_body(forge.now_ms, &stranger, root, CVC_ISSUER);
    forge_certificate(&body, &stranger, &out);
    ck_assert_uint_eq(choose(root), 0x9000);
    ck_assert_uint_eq(papers_verify(&card, written(&out)), 0x6985);
    ck_assert_uint_eq(choose(&stranger), 0x6A88);
}
END_TEST

/* As when the root that vouched for it is trusted no more. */
START_TEST(whom_the_session_forgets_vouches_for_nobody)
{
    struct cvc_body body = forge_body(forge.now_ms, &stranger, &forge.device, CVC_ISSUER);
    body.car = SPAN_OF(root->name);
    ck_assert_uint_eq(show(&body, root), 0x9000);
    ck_assert_uint_eq(choose(&stranger), 0x9000);
    session_forget_holders(card.card);
    ck_assert_uint_eq(choose(&stranger), 0x6A88);
    ck_assert_uint_eq(choose(root), 0x9000);
}
END_TEST

START_TEST(a_request_is_no_certificate)
{
    struct cvc_body body = forge_request_body(&stranger);
    body.car = SPAN_OF(root->name);
    ck_assert_uint_eq(show(&body, root), 0x6A80);
}
END_TEST

/* RSA, and a curve on which nobody signs with ECDSA. */
START_TEST(a_key_that_cannot_vouch_is_refused)
{
    static const uint8_t number[256] = { 0x80, [255] = 1 }, three[] = { 3 };
    const struct key_spec rsa = { .type = KEY_RSA, .bits = 2048, .exponent = 3 };
    const struct key_spec edwards = key_spec_on(curve_by_name("Ed25519"));
    struct cvc_body body = forge_body(forge.now_ms, &stranger, root, CVC_ISSUER);
    body.spec = &rsa;
    body.key = (struct public_part){ .modulus = SPAN_OF(number), .exponent = SPAN_OF(three) };
    ck_assert_uint_eq(show(&body, root), 0x6A80);
    body.spec = &edwards;
    body.key = (struct public_part){ .point = span_of(number, 32) };
    ck_assert_uint_eq(show(&body, root), 0x6A80);
}
END_TEST

/* With the header 7F21 or without it: nothing stands behind. */
START_TEST(bytes_too_many_are_refused)
{
    uint8_t bytes[CERTIFICATE_MAX], with_header[CERTIFICATE_MAX];
    struct writer bare = WRITER_OF(bytes), whole = WRITER_OF(with_header);
    const struct cvc_body body = forge_body(forge.now_ms, issuer, root, CVC_ISSUER);
    tlv_write(&whole, CVC_CERTIFICATE, forge_certificate(&body, root, &bare));
    ck_assert_uint_eq(choose(root), 0x9000);
    ck_assert_uint_eq(papers_verify(&card, written(&bare)), 0x9000);
    ck_assert_uint_eq(papers_verify(&card, written(&whole)), 0x9000);
    write_u8(&bare, 0);
    write_u8(&whole, 0);
    ck_assert_uint_eq(papers_verify(&card, written(&bare)), 0x6A80);
    ck_assert_uint_eq(papers_verify(&card, written(&whole)), 0x6A80);
}
END_TEST

START_TEST(an_unknown_issuer_ends_the_choice_of_a_known_one)
{
    uint8_t bytes[CERTIFICATE_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct cvc_body body = forge_body(forge.now_ms, issuer, root, CVC_ISSUER);
    forge_certificate(&body, root, &out);
    ck_assert_uint_eq(choose(root), 0x9000);
    ck_assert_uint_eq(choose(&stranger), 0x6A88);
    ck_assert_uint_eq(papers_verify(&card, written(&out)), 0x6A88);
    ck_assert_uint_eq(choose(root), 0x9000);
    ck_assert_uint_eq(papers_verify(&card, written(&out)), 0x9000);
}
END_TEST

/* --- Requests, as a custodian's --- */

static uint16_t enroll(const struct party *by, const struct party *device)
{
    uint8_t bytes[CERTIFICATE_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct cvc_body body = forge_request_body(&stranger);
    forge_import(&forge, &card);
    return card_fixture_command(&card, 0x80540000, forge_request(&body, by, device, &out));
}

START_TEST(a_request_was_made_in_a_device)
{
    ck_assert_uint_eq(enroll(&stranger, issuer), 0x6985);
    ck_assert_uint_eq(enroll(&stranger, root), 0x6985);
    ck_assert_uint_eq(enroll(&stranger, &stranger), 0x6A88);
    ck_assert_uint_eq(enroll(&stranger, &forge.device), 0x9000);
}
END_TEST

START_TEST(a_request_is_signed_by_its_own_key)
{
    ck_assert_uint_eq(enroll(&forge.device, &forge.device), 0x6985);
    ck_assert_uint_eq(enroll(&stranger, &forge.device), 0x9000);
}
END_TEST

/* --- Dates: nobody vouches longer than whoever vouches for him --- */

#define DAY_MS (24ull * 3600 * 1000)

static void put_certificate(enum object_type type, uint32_t id, const struct span *others,
                            const struct cvc_body *body, const struct party *by)
{
    uint8_t bytes[DEVICE_CHAIN_MAX], contents[CERTIFICATE_MAX];
    struct writer out = WRITER_OF(bytes), bare = WRITER_OF(contents);
    if (others)
        write_span(&out, *others);
    tlv_write(&out, CVC_CERTIFICATE, forge_certificate(body, by, &bare));
    ck_assert_int_eq(store_begin(card.store), 0);
    ck_assert_int_eq(store_put_written(card.store, type, id, &out), 0);
    ck_assert_int_eq(store_commit(card.store, false), 0);
}

/* The card makes a key, and is asked to take it as a custodian's so many days later. */
static uint16_t enroll_own(unsigned days)
{
    static struct papers papers;
    card_fixture_send_hex(&card, GENERATE_P256);
    papers_take_request(&card, &papers);
    card.ticks += days * DAY_MS;
    uint16_t status = card_fixture_command(&card, 0x80540000, papers.request);
    card.ticks -= days * DAY_MS;
    return status;
}

START_TEST(a_device_vouches_for_its_own_keys)
{
    ck_assert_uint_eq(enroll_own(2), 0x9000);
}
END_TEST

START_TEST(a_device_vouches_no_sooner_and_no_longer_than_its_root)
{
    struct cvc_body body = forge_body(forge.now_ms, root, root, CVC_ROOT);
    body.effective_ms = forge.now_ms + DAY_MS;
    body.expiration_ms = forge.now_ms + 2 * DAY_MS;
    put_certificate(OBJECT_DEVICE, DEVICE_ROOT_CERTIFICATE, NULL, &body, root);
    ck_assert_uint_eq(enroll_own(0), 0x6A88);
    ck_assert_uint_eq(enroll_own(3), 0x6A88);
    ck_assert_uint_eq(enroll_own(2), 0x9000);
}
END_TEST

START_TEST(a_device_vouches_no_longer_than_its_issuer)
{
    static struct papers papers;
    uint8_t bytes[CERTIFICATE_MAX];
    struct writer own = WRITER_OF(bytes);
    papers_of_device(&card, &papers);
    tlv_write(&own, CVC_CERTIFICATE, papers.device);
    struct span device = written(&own);
    struct cvc_body body = forge_body(forge.now_ms, issuer, root, CVC_ISSUER);
    body.expiration_ms = forge.now_ms + DAY_MS;
    put_certificate(OBJECT_FILE, FILE_DEVICE_CERTIFICATES, &device, &body, root);
    ck_assert_uint_eq(enroll_own(2), 0x6A88);
    ck_assert_uint_eq(enroll_own(0), 0x9000);
}
END_TEST

/* A session may last longer than the certificates that were brought in it. */
START_TEST(whoever_was_brought_vouches_no_longer_than_his_issuer)
{
    struct cvc_body below = forge_body(forge.now_ms, issuer, root, CVC_ISSUER);
    struct cvc_body device = forge_body(forge.now_ms, &forge.device, issuer, CVC_DEVICE);
    below.expiration_ms = forge.now_ms + DAY_MS;
    ck_assert_uint_eq(show(&below, root), 0x9000);
    ck_assert_uint_eq(show(&device, issuer), 0x9000);
    ck_assert_uint_eq(choose(&forge.device), 0x9000);
    card.ticks += 2 * DAY_MS;
    ck_assert_uint_eq(choose(&forge.device), 0x6A88);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "trust", set_up, tear_down, a_root_vouches_for_issuers_and_an_issuer_for_devices,
        a_certificate_names_its_issuer, a_signature_that_does_not_verify_makes_nobody_known,
        whom_the_session_forgets_vouches_for_nobody, a_request_is_no_certificate,
        a_key_that_cannot_vouch_is_refused, bytes_too_many_are_refused,
        an_unknown_issuer_ends_the_choice_of_a_known_one, a_request_was_made_in_a_device,
        a_request_is_signed_by_its_own_key, a_device_vouches_for_its_own_keys,
        a_device_vouches_no_sooner_and_no_longer_than_its_root,
        a_device_vouches_no_longer_than_its_issuer,
        whoever_was_brought_vouches_no_longer_than_his_issuer);
}
