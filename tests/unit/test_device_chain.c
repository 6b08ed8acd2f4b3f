/* SPDX-License-Identifier: Apache-2.0 */
/* host/device_chain and host/meeting: cards of ours, each with a root of its own. */
#include "host/client/chip_authentication.h"

#include <string.h>

#include "base/tlv.h"
#include "card-os/authority.h"
#include "card-os/device.h"
#include "card-os/files.h"
#include "card-os/key_certificate.h"
#include "formats/cvc_parts.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

static struct card_fixture cards[2];
static uint8_t roots[2][DEVICE_CHAIN_MAX], chains[2][DEVICE_CHAIN_MAX];
static struct span root[2], chain[2];
static uint32_t today;

static struct span get(struct store *store, enum object_type type, uint32_t id, uint8_t *room)
{
    struct writer out = writer_of(room, DEVICE_CHAIN_MAX);
    ck_assert_int_eq(store_get(store, type, id, &out), 0);
    return written(&out);
}

static void set_up(void)
{
    for (size_t i = 0; i < 2; i++) {
        card_fixture_init(&cards[i]);
        root[i] = get(cards[i].store, OBJECT_DEVICE, DEVICE_ROOT_CERTIFICATE, roots[i]);
        chain[i] = get(cards[i].store, OBJECT_FILE, FILE_DEVICE_CERTIFICATES, chains[i]);
    }
    today = cvc_day(cards[0].env.time_ms(cards[0].env.context));
}

static void tear_down(void)
{
    card_fixture_deinit(&cards[0]);
    card_fixture_deinit(&cards[1]);
}

static int verify(struct span certificates, struct span root_file, uint32_t day)
{
    struct cvc device;
    return device_chain_verify(certificates, root_file, day, &device);
}

START_TEST(a_chain_leads_to_its_root_and_no_other)
{
    struct cvc device;
    ck_assert_int_eq(device_chain_verify(chain[0], root[0], today, &device), 0);
    ck_assert(span_equal(device.chr, cvc_holder(chain[0])));
    ck_assert_int_eq(verify(chain[0], root[1], today), CHAIN_BROKEN);
    ck_assert_int_eq(verify(chain[1], root[0], today), CHAIN_BROKEN);
}
END_TEST

START_TEST(every_flipped_byte_breaks_it)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    for (size_t at = 0; at < chain[0].size; at++) {
        memcpy(bytes, chain[0].at, chain[0].size);
        bytes[at] ^= 0x20;
        ck_assert_msg(verify(span_of(bytes, chain[0].size), root[0], today) == CHAIN_BROKEN,
                      "byte %zu of the chain", at);
    }
    for (size_t at = 0; at < root[0].size; at++) {
        memcpy(bytes, root[0].at, root[0].size);
        bytes[at] ^= 0x20;
        ck_assert_msg(verify(chain[0], span_of(bytes, root[0].size), today) == CHAIN_BROKEN,
                      "byte %zu of the root", at);
    }
}
END_TEST

START_TEST(what_is_cut_short_is_no_chain)
{
    for (size_t size = 0; size < chain[0].size; size++)
        ck_assert_int_eq(verify(span_part(chain[0], 0, size), root[0], today), CHAIN_BROKEN);
    ck_assert_int_eq(verify(chain[0], (struct span){ 0 }, today), CHAIN_BROKEN);
}
END_TEST

/* Certificates are valid from their making on, for twenty years. */
START_TEST(dates_are_kept)
{
    ck_assert_int_eq(verify(chain[0], root[0], today - 1), CHAIN_BROKEN);
    ck_assert_int_eq(verify(chain[0], root[0], today + 190000), 0);
    ck_assert_int_eq(verify(chain[0], root[0], today + 210000), CHAIN_BROKEN);
}
END_TEST

/* --- Certificates of any dates --- */

#define DAY_MS ((uint64_t)24 * 3600 * 1000)
#define NOW_MS ((uint64_t)1764000000000)

enum { ROOT, ISSUER, DEVICE, PARTIES };

struct family {
    struct party parties[PARTIES];
};

static void family_make(struct family *family)
{
    static const char prefixes[PARTIES][5] = { "ZZRC", "ZZIC", "ZZDV" };
    *family = (struct family){ 0 };
    for (int i = 0; i < PARTIES; i++)
        ck_assert_int_eq(party_init(&family->parties[i], prefixes[i], NULL), 0);
}

static void family_end(struct family *family)
{
    for (int i = 0; i < PARTIES; i++)
        party_deinit(&family->parties[i]);
}

static void certify(const struct family *family, int which, uint64_t from_ms, uint64_t to_ms,
                    struct writer *out)
{
    static const enum cvc_role roles[PARTIES] = { CVC_ROOT, CVC_ISSUER, CVC_DEVICE };
    const struct party *holder = &family->parties[which];
    const struct party *signer = &family->parties[which ? which - 1 : 0];
    const struct key_kind *kind = key_kind_of(KEY_EC);
    struct key_in_use key = { .kind = kind, .live = signer->live, .spec = &signer->spec };
    struct cvc_body body = { .car = SPAN_OF(signer->name),
                             .spec = &holder->spec,
                             .domain_parameters = which == ROOT,
                             .chr = SPAN_OF(holder->name),
                             .role = roles[which],
                             .effective_ms = from_ms,
                             .expiration_ms = to_ms };
    ck_assert_int_eq(kind->public_part(&holder->spec, party_material(holder), &body.key), 0);
    struct tlv_mark certificate = tlv_open(out, CVC_CERTIFICATE);
    size_t start = out->size;
    ck_assert_int_eq(cvc_write_body(&body, out), 0);
    ck_assert_int_eq(key_sign_cvc(&key, span_part(written(out), start, out->size), out), 0);
    tlv_close(out, certificate);
}

/* One of the three is valid from and to other days than the others. */
static int verify_dated(const struct family *family, int which, uint64_t from_ms, uint64_t to_ms)
{
    uint8_t bytes[PARTIES][DEVICE_CHAIN_MAX], both[2 * DEVICE_CHAIN_MAX];
    struct writer out[PARTIES], certificates = WRITER_OF(both);
    for (int i = 0; i < PARTIES; i++) {
        out[i] = WRITER_OF(bytes[i]);
        certify(family, i, i == which ? from_ms : NOW_MS - DAY_MS,
                i == which ? to_ms : NOW_MS + DAY_MS, &out[i]);
    }
    write_span(&certificates, written(&out[DEVICE]));
    write_span(&certificates, written(&out[ISSUER]));
    return verify(written(&certificates), written(&out[ROOT]), cvc_day(NOW_MS));
}

START_TEST(each_certificate_has_its_own_dates)
{
    struct family family;
    family_make(&family);
    for (int i = 0; i < PARTIES; i++) {
        ck_assert_int_eq(verify_dated(&family, i, NOW_MS, NOW_MS), 0);
        ck_assert_int_eq(verify_dated(&family, i, NOW_MS - 9 * DAY_MS, NOW_MS - DAY_MS),
                         CHAIN_BROKEN);
        ck_assert_int_eq(verify_dated(&family, i, NOW_MS + DAY_MS, NOW_MS + 9 * DAY_MS),
                         CHAIN_BROKEN);
    }
    family_end(&family);
}
END_TEST

/* A device's certificate cannot stand for its issuer's, nor the root's for both. */
START_TEST(roles_are_kept)
{
    uint8_t bytes[2 * DEVICE_CHAIN_MAX];
    struct writer out = WRITER_OF(bytes);
    struct reader in = reader_of(chain[0]);
    struct tlv device = tlv_read(&in);
    write_span(&out, device.whole);
    write_span(&out, device.whole);
    ck_assert_int_eq(verify(written(&out), root[0], today), CHAIN_BROKEN);
    ck_assert_int_eq(verify(chain[0], read_rest(&in), today), CHAIN_BROKEN);
    write_trim(&out, 0);
    write_span(&out, root[0]);
    write_span(&out, root[0]);
    ck_assert_int_eq(verify(written(&out), root[0], today), CHAIN_BROKEN);
}
END_TEST

/* What a holder may do is said by the identifier of the terminal or device type in the CHAT
 * (TR-03110-3 C.1.5): of another purpose, a certificate is none of this family, whoever signed
 * it. */
START_TEST(the_purpose_is_kept)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    memcpy(bytes, root[0].at, root[0].size);
    uint8_t *purpose =
        memmem(bytes, root[0].size, cvc_oid_authorisation.at, cvc_oid_authorisation.size);
    ck_assert_ptr_nonnull(purpose);
    for (size_t i = 0; i <= cvc_oid_authorisation.size; i++) {
        struct reader file = reader_of(span_of(bytes, root[0].size));
        struct reader certificate = tlv_enter(&file, CVC_CERTIFICATE);
        struct cvc cvc;
        if (i < cvc_oid_authorisation.size)
            purpose[i] ^= 1;
        int expected = i < cvc_oid_authorisation.size ? CVC_NO_KEY : 0;
        ck_assert_int_eq(cvc_read(&certificate, NULL, &cvc), expected);
        if (i < cvc_oid_authorisation.size)
            purpose[i] ^= 1;
    }
}
END_TEST

/* Whoever a card says it is: a certificate of ours is met on its curve, one for a key of another
 * kind is none of a device. */
START_TEST(a_device_is_met_on_its_curve)
{
    SCOPED(chip_authentication_wipe) struct chip_authentication meeting = { 0 };
    ck_assert_int_eq(chip_authentication_unverified(chain[0], &meeting), 0);
    ck_assert_str_eq(meeting.curve->name, "brainpoolP256r1");
    ck_assert_uint_eq(meeting.x.size, 32);
}
END_TEST

static struct span certificate_of(const struct key_spec *spec, const struct public_part *key,
                                  struct writer *out)
{
    const struct cvc_body body = {
        .car = span_of_text("AUTHOR00001"),
        .spec = spec,
        .key = *key,
        .domain_parameters = true,
        .chr = span_of_text("HOLDER00001"),
        .role = CVC_DEVICE,
    };
    struct tlv_mark certificate = tlv_open(out, CVC_CERTIFICATE);
    ck_assert_int_eq(cvc_write_body(&body, out), 0);
    tlv_write_u8(out, CVC_SIGNATURE, 0);
    tlv_close(out, certificate);
    ck_assert(!out->full);
    return written(out);
}

START_TEST(keys_that_cannot_agree_are_no_device)
{
    static const uint8_t modulus[256] = { [0 ... 255] = 0xC1 }, exponent[] = { 1, 0, 1 };
    uint8_t bytes[1024], point[32] = { 0x58 };
    struct writer out = WRITER_OF(bytes);
    SCOPED(chip_authentication_wipe) struct chip_authentication meeting = { 0 };
    const struct key_spec rsa = { .type = KEY_RSA, .bits = 2048, .exponent = 65537 };
    const struct key_spec edwards = key_spec_on(curve_by_name("Ed25519"));
    struct public_part key = { .modulus = SPAN_OF(modulus), .exponent = SPAN_OF(exponent) };
    ck_assert_int_eq(chip_authentication_unverified(certificate_of(&rsa, &key, &out), &meeting),
                     CHAIN_BROKEN);
    write_trim(&out, 0);
    key = (struct public_part){ .point = SPAN_OF(point) };
    ck_assert_int_eq(chip_authentication_unverified(certificate_of(&edwards, &key, &out), &meeting),
                     CHAIN_BROKEN);
    ck_assert_int_eq(chip_authentication_unverified((struct span){ 0 }, &meeting), CHAIN_BROKEN);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("device chain", set_up, tear_down, a_chain_leads_to_its_root_and_no_other,
                          every_flipped_byte_breaks_it, what_is_cut_short_is_no_chain,
                          dates_are_kept, each_certificate_has_its_own_dates, roles_are_kept,
                          the_purpose_is_kept, a_device_is_met_on_its_curve,
                          keys_that_cannot_agree_are_no_device);
}
