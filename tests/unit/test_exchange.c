/* SPDX-License-Identifier: Apache-2.0 */
/* Key domains of a group (XKEK, protocol.md 9.2): three cards of ours, each with a root of its own.
 * The first one holds the group signer's key. Every step goes through commands. */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/tlv.h"
#include "card-os/key_record.h"
#include "crypto/curve_parameters.h"
#include "formats/key_blob.h"
#include "storage/audit.h"
#include "tests/support/forge.h"
#include "tests/support/papers.h"
#include "tests/support/suite.h"

#define CARDS        3
#define SIGNER       5
#define EXCHANGE_KEY 6
#define DOMAIN       1
#define JOIN         0x80520201u /* domain 1 */
#define EXCHANGE     0x80620684u /* key 06 */
#define MEMBERSHIP   2048
#define BRAINPOOL    "brainpoolP256r1"

static struct card_fixture cards[CARDS];
static struct papers papers[CARDS]; /* with the request for the exchange key, once there is one */
static struct papers signer;        /* of the group */
static uint8_t group[CVC_GROUP_SIZE];

/* --- Steps --- */

static uint16_t generate(struct card_fixture *card, uint8_t id, const char *curve, const char *list,
                         int domain)
{
    uint8_t bytes[1024];
    struct writer command = WRITER_OF(bytes);
    papers_write_generate(&command, id, curve, list, domain);
    return answer_status(card_fixture_send(card, written(&command)));
}

static struct span membership_by(uint8_t key, struct span request, const struct cvc *device,
                                 struct writer *out)
{
    return papers_membership(&cards[0], key, request, device, out);
}

static struct span membership(size_t i, struct writer *out)
{
    return membership_by(SIGNER, signer.request, &papers[i].device_read, out);
}

/* The papers of every card are known to every other. */
static void import_all(size_t i)
{
    for (size_t other = 0; other < CARDS; other++)
        if (other != i)
            papers_import(&cards[i], &papers[other]);
}

static void log_in(size_t i)
{
    ck_assert_uint_eq(card_fixture_status(&cards[i], VERIFY_USER), 0x9000);
}

static void make_exchange_key(size_t i)
{
    ck_assert_uint_eq(generate(&cards[i], EXCHANGE_KEY, BRAINPOOL, "84", DOMAIN), 0x9000);
    papers_take_request(&cards[i], &papers[i]);
}

static void join(size_t i)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    struct span paper = membership(i, &out);
    ck_assert_uint_eq(card_fixture_command(&cards[i], JOIN, paper), 0x9000);
    make_exchange_key(i);
}

static uint16_t exchange(size_t i, size_t with)
{
    return card_fixture_command(&cards[i], EXCHANGE, papers[with].request);
}

static void make_cards(void)
{
    for (size_t i = 0; i < CARDS; i++) {
        card_fixture_init(&cards[i]);
        papers_of_device(&cards[i], &papers[i]);
        ck_assert_uint_eq(card_fixture_status(&cards[i], INITIALIZE_SLOTS), 0x9000);
    }
    for (size_t i = 0; i < CARDS; i++)
        for (size_t other = 0; other < CARDS; other++)
            if (other != i)
                papers_trust(&cards[i], &papers[other]);
    ck_assert_uint_eq(generate(&cards[0], SIGNER, BRAINPOOL, NULL, PAPERS_NO_DOMAIN), 0x9000);
    papers_take_request(&cards[0], &signer);
    ck_assert(span_copy(span_part(signer.request_read.inner.key.point, 1, 64), group, 64));
    for (size_t i = 0; i < CARDS; i++)
        import_all(i);
}

static void drop_cards(void)
{
    for (size_t i = 0; i < CARDS; i++)
        card_fixture_deinit(&cards[i]);
}

/* --- What is asserted --- */

struct domain_status {
    uint8_t check[8], group[64];
};

/* No shares, none missing; then check value and group. */
static struct domain_status status_of(size_t i)
{
    struct domain_status status;
    ck_assert_uint_eq(card_fixture_status(&cards[i], "80 52 00 01 00"), 0x9000);
    struct reader in = reader_of(card_fixture_data(&cards[i]));
    ck_assert_uint_eq(read_u16(&in), 0);
    ck_assert(span_copy(read_span(&in, 8), status.check, 8));
    ck_assert(span_copy(read_rest(&in), status.group, 64));
    return status;
}

static bool has_secret(size_t i)
{
    struct domain_status status = status_of(i);
    ck_assert_mem_eq(status.group, group, sizeof group);
    return !span_is_zero(SPAN_OF(status.check));
}

static void assert_recorded(size_t i, enum audit_action action, unsigned status, struct span about)
{
    uint8_t digest[32];
    struct audit_record record = card_fixture_last_record(&cards[i]);
    SHA256(about.at, about.size, digest);
    ck_assert_int_eq(record.action, action);
    ck_assert_uint_eq(record.sw, status);
    ck_assert_mem_eq(record.digest, digest, sizeof digest);
}

/* A membership is refused, leaves no domain, and is recorded. The login before keeps refusals from
 * being told as one. */
static void assert_not_joined(size_t i, struct span paper, unsigned expected)
{
    log_in(i);
    ck_assert_uint_eq(card_fixture_command(&cards[i], JOIN, paper), expected);
    assert_recorded(i, AUDIT_DOMAIN_JOINED, expected, paper);
    ck_assert_uint_eq(card_fixture_status(&cards[i], "80 52 00 01 00"), 0x6A88);
}

/* The same of an exchange by the first card, which has made none before. */
static void assert_not_exchanged(struct span request, unsigned expected)
{
    log_in(0);
    ck_assert_uint_eq(card_fixture_command(&cards[0], EXCHANGE, request), expected);
    assert_recorded(0, AUDIT_DOMAIN_EXCHANGED, expected, request);
    ck_assert(!has_secret(0));
}

/* --- Two members --- */

/* The start of SHA-256 of the x-coordinate that OpenSSL finds with the private key of one card and
 * the public key of another. */
static void compute_check(size_t i, size_t with, uint8_t out[8])
{
    uint8_t bytes[256], x[32], digest[32];
    struct writer material = WRITER_OF(bytes);
    ck_assert_int_eq(store_get(cards[i].store, OBJECT_KEY_MATERIAL, EXCHANGE_KEY, &material), 0);
    struct reader in = reader_of(written(&material));
    struct span scalar = read_counted(&in), peer = papers[with].request_read.inner.key.point;

    EC_GROUP *curve = EC_GROUP_new_by_curve_name(NID_brainpoolP256r1);
    EC_POINT *point = EC_POINT_new(curve);
    BIGNUM *d = BN_bin2bn(scalar.at, (int)scalar.size, NULL), *result = BN_new();
    ck_assert_int_eq(EC_POINT_oct2point(curve, point, peer.at, peer.size, NULL), 1);
    ck_assert_int_eq(EC_POINT_mul(curve, point, NULL, point, d, NULL), 1);
    ck_assert_int_eq(EC_POINT_get_affine_coordinates(curve, point, result, NULL, NULL), 1);
    ck_assert_int_eq(BN_bn2binpad(result, x, 32), 32);
    SHA256(x, 32, digest);
    memcpy(out, digest, 8);
    BN_free(d);
    BN_free(result);
    EC_POINT_free(point);
    EC_GROUP_free(curve);
}

START_TEST(two_members_get_one_secret)
{
    uint8_t expected[8];
    join(0);
    join(1);
    ck_assert(!has_secret(0) && !has_secret(1));
    ck_assert_uint_eq(exchange(0, 1), 0x9000);
    assert_recorded(0, AUDIT_DOMAIN_EXCHANGED, 0x9000, papers[1].request);
    struct domain_status answer = status_of(0);
    ck_assert_uint_eq(exchange(1, 0), 0x9000);
    compute_check(0, 1, expected);
    ck_assert_mem_eq(answer.check, expected, 8);
    ck_assert_mem_eq(status_of(1).check, expected, 8);
    ck_assert_mem_eq(answer.group, group, 64);
}
END_TEST

static struct span wrapped(size_t i, uint8_t key, struct writer *out)
{
    uint8_t command[] = { 0x80, 0x72, key, 0x92, 0, 0, 0 };
    ck_assert_uint_eq(answer_status(card_fixture_send(&cards[i], SPAN_OF(command))), 0x9000);
    write_span(out, card_fixture_data(&cards[i]));
    return written(out);
}

static uint16_t unwrap(size_t i, uint8_t key, struct span blob)
{
    return card_fixture_command(&cards[i], 0x80740093u | (uint32_t)key << 8, blob);
}

static void assert_same_key(size_t a, uint8_t key_a, size_t b, uint8_t key_b)
{
    uint8_t shared[65];
    struct writer first = WRITER_OF(shared);
    struct span point = papers[0].request_read.inner.key.point;
    ck_assert_uint_eq(card_fixture_command(&cards[a], 0x80620080u | (uint32_t)key_a << 8, point),
                      0x9000);
    write_span(&first, card_fixture_data(&cards[a]));
    ck_assert_uint_eq(card_fixture_command(&cards[b], 0x80620080u | (uint32_t)key_b << 8, point),
                      0x9000);
    ck_assert(span_equal(written(&first), card_fixture_data(&cards[b])));
}

static void exchange_both(void)
{
    join(0);
    join(1);
    ck_assert_uint_eq(exchange(0, 1), 0x9000);
    ck_assert_uint_eq(exchange(1, 0), 0x9000);
}

START_TEST(a_key_moves_to_the_other_member)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    exchange_both();
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, DOMAIN), 0x9000);
    ck_assert_uint_eq(unwrap(1, 10, wrapped(0, 9, &blob)), 0x9000);
    assert_same_key(0, 9, 1, 10);
    ck_assert_uint_eq(unwrap(2, 10, written(&blob)), 0x6A88); /* no member has its secret */
}
END_TEST

/* Of a third member the secret is another; keys of the group leave under that one, too. */
START_TEST(a_key_moves_to_a_third_member)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    exchange_both();
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, DOMAIN), 0x9000);
    join(2);
    ck_assert_uint_eq(exchange(2, 0), 0x9000);
    ck_assert_uint_eq(exchange(0, 2), 0x9000);
    ck_assert_mem_ne(status_of(0).check, status_of(1).check, 8);
    ck_assert_uint_eq(unwrap(2, 10, wrapped(0, 9, &blob)), 0x9000);
    assert_same_key(0, 9, 2, 10);
    ck_assert_uint_eq(unwrap(1, 10, written(&blob)), 0x6A88);
}
END_TEST

START_TEST(keys_of_no_domain_or_another_stay)
{
    exchange_both();
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, PAPERS_NO_DOMAIN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 52 01 00 01 01 00"), 0x9000);
    ck_assert_uint_eq(generate(&cards[0], 10, BRAINPOOL, NULL, 0), 0x6985);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 52 00 00 20 " HASH), 0x9000);
    ck_assert_uint_eq(generate(&cards[0], 10, BRAINPOOL, NULL, 0), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 52 04 00 00"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 72 09 92 00 00 00"), 0x6985);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 72 0A 92 00 00 00"), 0x6985);
}
END_TEST

START_TEST(the_secret_survives_power_and_not_clear)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    exchange_both();
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, DOMAIN), 0x9000);
    card_fixture_power_cycle(&cards[0]);
    log_in(0);
    ck_assert(has_secret(0));
    wrapped(0, 9, &blob);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 52 04 01 00"), 0x9000);
    ck_assert(!has_secret(0));
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 72 09 92 00 00 00"), 0x6985);
    ck_assert_uint_eq(unwrap(0, 10, written(&blob)), 0x6A88);
    import_all(0);
    ck_assert_uint_eq(exchange(0, 1), 0x9000);
    ck_assert_uint_eq(unwrap(0, 10, written(&blob)), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 72 09 92 00 00 00"), 0x9000);
}
END_TEST

START_TEST(the_domain_is_deleted_when_it_is_empty)
{
    exchange_both();
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 52 03 01"), 0x6A89);
    ck_assert(has_secret(0));
    ck_assert_uint_eq(card_fixture_status(&cards[0], "00 E4 02 00 02 CC 06"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 52 03 01"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 52 00 01 00"), 0x6A88);
    join(0); /* as often as its owner likes */
    ck_assert(!has_secret(0));
}
END_TEST

START_TEST(initialize_forgets)
{
    exchange_both();
    ck_assert_uint_eq(card_fixture_status(&cards[1], INITIALIZE_SLOTS), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[1], "80 52 00 01 00"), 0x6A88);
}
END_TEST

START_TEST(long_requests_go_through_the_work_file)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer file = WRITER_OF(bytes);
    join(0);
    join(1);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 62 06 84 00"), 0x6A82);
    write_u32(&file, 0x54020000); /* offset 0 */
    tlv_write(&file, 0x53, papers[1].request);
    ck_assert_uint_eq(card_fixture_command(&cards[0], 0x00D72F10, written(&file)), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 62 06 84 00"), 0x9000);
    ck_assert(has_secret(0));
}
END_TEST

/* --- Memberships that are refused --- */

START_TEST(a_membership_is_one_device_s)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    assert_not_joined(2, membership(1, &out), 0x6985);
    ck_assert_uint_eq(card_fixture_command(&cards[1], JOIN, written(&out)), 0x9000);
    assert_recorded(1, AUDIT_DOMAIN_JOINED, 0x9000, written(&out));
}
END_TEST

START_TEST(a_membership_makes_one_domain)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    membership(1, &out);
    ck_assert_uint_eq(card_fixture_command(&cards[1], JOIN, written(&out)), 0x9000);
    ck_assert_uint_eq(card_fixture_command(&cards[1], JOIN, written(&out)), 0x6A89);
    ck_assert_uint_eq(card_fixture_command(&cards[1], 0x80520202, written(&out)), 0x6A89);
    ck_assert_uint_eq(card_fixture_status(&cards[1], "80 52 00 02 00"), 0x6A88);
    ck_assert_uint_eq(card_fixture_command(&cards[1], 0x80520203, written(&out)), 0x6A86);
    /* No share, and no domain of shares in its place. */
    ck_assert_uint_eq(card_fixture_status(&cards[1], "80 52 00 01 20 " HASH " 00"), 0x6985);
    ck_assert_uint_eq(card_fixture_status(&cards[1], "80 52 01 01 01 02 00"), 0x6A89);
    ck_assert(!has_secret(1));
}
END_TEST

START_TEST(a_membership_needs_login_and_slots)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    membership(1, &out);
    card_reset(cards[1].card);
    ck_assert_uint_eq(card_fixture_command(&cards[1], JOIN, written(&out)), 0x6982);
    card_fixture_initialise(&cards[1]);
    log_in(1);
    ck_assert_uint_eq(card_fixture_command(&cards[1], JOIN, written(&out)), 0x6D00);
}
END_TEST

START_TEST(the_signer_s_chain_is_verified)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    membership(1, &out);
    card_reset(cards[1].card); /* forgets the chains */
    assert_not_joined(1, written(&out), 0x6A88);
    import_all(1);
    ck_assert_uint_eq(card_fixture_command(&cards[1], JOIN, written(&out)), 0x9000);
}
END_TEST

START_TEST(another_key_signs_no_membership)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, PAPERS_NO_DOMAIN), 0x9000);
    membership_by(9, signer.request, &papers[1].device_read, &out);
    assert_not_joined(1, written(&out), 0x6985);
}
END_TEST

START_TEST(the_group_s_curve_has_256_bits)
{
    static const char *const curves[] = { "P-384", "P-521", "P-224", "brainpoolP512r1" };
    for (size_t i = 0; i < COUNT_OF(curves); i++) {
        uint8_t bytes[MEMBERSHIP];
        struct writer out = WRITER_OF(bytes);
        struct papers other = { 0 };
        ck_assert_uint_eq(generate(&cards[0], 9, curves[i], NULL, PAPERS_NO_DOMAIN), 0x9000);
        papers_take_request(&cards[0], &other);
        membership_by(SIGNER, other.request, &papers[1].device_read, &out);
        assert_not_joined(1, written(&out), 0x6A80);
    }
}
END_TEST

START_TEST(every_flipped_byte_of_a_membership_is_refused)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    membership(1, &out);
    for (size_t i = 0; i < out.size; i++) {
        bytes[i] ^= 1;
        ck_assert_uint_ne(card_fixture_command(&cards[1], JOIN, written(&out)), 0x9000);
        bytes[i] ^= 1;
    }
    for (size_t size = 1; size < out.size; size++)
        ck_assert_uint_ne(card_fixture_command(&cards[1], JOIN, span_of(bytes, size)), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[1], "80 52 00 01 00"), 0x6A88);
    write_u8(&out, 0);
    assert_not_joined(1, written(&out), 0x6A80);
    ck_assert_uint_eq(card_fixture_command(&cards[1], JOIN, span_of(bytes, out.size - 1)), 0x9000);
}
END_TEST

/* Whatever their signatures are worth: RSA, a point that is half as long, and one that is so of
 * twice the size. */
START_TEST(the_group_s_key_is_a_whole_point)
{
    static const uint8_t number[256] = { 0x02, [255] = 1 }, three[] = { 3 };
    static const struct {
        const char *curve; /* NULL: RSA */
        size_t size;
    } keys[] = { { NULL, 256 }, { BRAINPOOL, 33 }, { "brainpoolP512r1", 65 } };
    SCOPED(party_deinit) struct party any = { 0 };
    ck_assert_int_eq(party_init(&any, "ZZGX", NULL), 0);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        uint8_t bytes[MEMBERSHIP];
        struct writer out = WRITER_OF(bytes);
        const struct span key = span_of(number, keys[i].size);
        const struct key_spec spec = keys[i].curve ? key_spec_on(curve_by_name(keys[i].curve))
                                                   : (struct key_spec){ .type = KEY_RSA };
        struct cvc_body body = forge_request_body(&any);
        body.spec = &spec;
        body.key = keys[i].curve
                       ? (struct public_part){ .point = key }
                       : (struct public_part){ .modulus = key, .exponent = SPAN_OF(three) };
        forge_request(&body, &any, &any, &out);
        tlv_write(&out, 0x54, span_of(number, 64));
        assert_not_joined(1, written(&out), 0x6A80);
    }
}
END_TEST

/* Of the signer's public point the last byte is another. */
START_TEST(a_signer_off_the_curve_is_refused)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    size_t at = (size_t)(signer.request_read.inner.key.point.at - signer.request.at) + 64;
    membership(1, &out);
    bytes[at] ^= 1;
    assert_not_joined(1, written(&out), 0x6985);
}
END_TEST

/* --- Exchanges that are refused --- */

static void join_two(void)
{
    join(0);
    join(1);
}

START_TEST(an_exchange_is_within_the_group)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    struct papers other = papers[2];
    join_two();
    /* A member of another group, whose signer is another key of the first card. */
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, PAPERS_NO_DOMAIN), 0x9000);
    papers_take_request(&cards[0], &other);
    membership_by(9, other.request, &papers[2].device_read, &out);
    ck_assert_uint_eq(card_fixture_command(&cards[2], JOIN, written(&out)), 0x9000);
    make_exchange_key(2);
    assert_not_exchanged(papers[2].request, 0x6A88);
    /* A key that is no exchange key. */
    ck_assert_uint_eq(generate(&cards[1], 9, BRAINPOOL, NULL, DOMAIN), 0x9000);
    papers_take_request(&cards[1], &other);
    assert_not_exchanged(other.request, 0x6700);
    /* No request at all. */
    assert_not_exchanged(papers[1].device, 0x6A80);
}
END_TEST

/* Of one that another key of the first card has signed, and in a domain of its own. */
START_TEST(a_device_is_in_several_groups)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    struct papers other = papers[1];
    join(1);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, PAPERS_NO_DOMAIN), 0x9000);
    papers_take_request(&cards[0], &other);
    membership_by(9, other.request, &papers[1].device_read, &out);
    ck_assert_uint_eq(card_fixture_command(&cards[1], JOIN + 1, written(&out)), 0x9000);
}
END_TEST

START_TEST(an_exchange_is_on_one_curve)
{
    struct papers other;
    join_two();
    ck_assert_uint_eq(generate(&cards[1], 9, "P-256", "84", DOMAIN), 0x9000);
    papers_take_request(&cards[1], &other);
    assert_not_exchanged(other.request, 0x6A80);
}
END_TEST

START_TEST(the_peer_s_chain_is_verified)
{
    join_two();
    card_reset(cards[0].card);
    assert_not_exchanged(papers[1].request, 0x6A88);
    import_all(0);
    ck_assert_uint_eq(exchange(0, 1), 0x9000);
}
END_TEST

START_TEST(every_flipped_byte_of_a_peer_s_request_is_refused)
{
    uint8_t bytes[1024];
    join_two();
    struct span copy = papers_keep(papers[1].request, bytes, sizeof bytes);
    for (size_t i = 0; i < copy.size; i++) {
        bytes[i] ^= 1;
        ck_assert_uint_ne(card_fixture_command(&cards[0], EXCHANGE, copy), 0x9000);
        bytes[i] ^= 1;
    }
    ck_assert(!has_secret(0));
    size_t at = (size_t)(papers[1].request_read.inner.key.point.at - papers[1].request.at) + 64;
    bytes[at] ^= 1; /* off the curve */
    assert_not_exchanged(copy, 0x6985);
    bytes[at] ^= 1;
    ck_assert_uint_eq(card_fixture_command(&cards[0], EXCHANGE, copy), 0x9000);
}
END_TEST

START_TEST(an_exchange_needs_an_exchange_key)
{
    join_two();
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, DOMAIN), 0x9000);
    ck_assert_uint_eq(card_fixture_command(&cards[0], 0x80620984, papers[1].request), 0x6A81);
    ck_assert_uint_eq(card_fixture_command(&cards[0], 0x80620A84, papers[1].request), 0x6A88);
    card_reset(cards[0].card);
    ck_assert_uint_eq(exchange(0, 1), 0x6982);
    ck_assert(!has_secret(0));
}
END_TEST

/* --- Exchange keys --- */

START_TEST(an_exchange_key_does_nothing_else)
{
    struct span point = papers[0].device_read.key.point;
    exchange_both();
    ck_assert_uint_eq(card_fixture_command(&cards[0], 0x80620680, point), 0x6A81);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 68 06 70 20 " HASH " 00"), 0x6A81);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 68 06 73 20 " HASH " 00"), 0x6A81);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 76 06 0B 21 98 " HASH), 0x6A81);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 72 06 92 00 00 00"), 0x6985);
    /* Nor one that was made after the exchange. */
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, "84", DOMAIN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 72 09 92 00 00 00"), 0x6985);
}
END_TEST

START_TEST(an_exchange_key_is_made_for_that_alone)
{
    join(0);
    ck_assert_uint_eq(card_fixture_status(&cards[0], "80 52 01 00 01 00 00"), 0x9000);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, "8480", DOMAIN), 0x6A80);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, "8484", DOMAIN), 0x6A80);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, "84", PAPERS_NO_DOMAIN), 0x6A80);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, "84", 0), 0x6A80);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, "84", 2), 0x6A88);
    ck_assert_uint_eq(generate(&cards[0], 9, "P-384", "84", DOMAIN), 0x6A80);
    struct key key;
    ck_assert_int_eq(key_load(cards[0].store, 9, &key), STORE_ABSENT);
}
END_TEST

/* Domain 0 is not meant when none is named. */
START_TEST(an_exchange_key_names_its_domain)
{
    uint8_t bytes[MEMBERSHIP];
    struct writer out = WRITER_OF(bytes);
    ck_assert_uint_eq(card_fixture_command(&cards[0], 0x80520200, membership(0, &out)), 0x9000);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, "84", PAPERS_NO_DOMAIN), 0x6A80);
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, "84", 0), 0x9000);
}
END_TEST

/* Whoever has a DKEK can wrap a key for it that lists 84. */
static void import_exchange_key(struct card_fixture *card, uint8_t id)
{
    static const uint8_t share[KEK_SIZE] = { 1 }, one[] = { 1 };
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    struct curve_storage storage;
    struct domain_parameters curve;
    SCOPED(kek_wipe) struct kek kek = { 0 };
    ck_assert_int_eq(kek_derive(SPAN_OF(share), &kek), 0);
    ck_assert_int_eq(curve_parameters(curve_by_name(BRAINPOOL), &storage, &curve), 0);
    const struct key_blob_key key = {
        .type = BLOB_EC,
        .spec = key_spec_on(curve_by_name(BRAINPOOL)),
        .algorithms = span_of("\x84", 1),
        .parts = { .scalar = SPAN_OF(one), .point = curve.generator },
    };
    ck_assert_int_eq(key_blob_seal(&kek, &key, span_of("\0\1\2\3\4\5\6\7", 8), &blob), 0);
    ck_assert_uint_eq(card_fixture_status(card, "80 52 01 00 01 01 00"), 0x9000);
    ck_assert_uint_eq(card_fixture_command(card, 0x80520000, SPAN_OF(share)), 0x9000);
    ck_assert_uint_eq(card_fixture_command(card, 0x80740093u | (uint32_t)id << 8, written(&blob)),
                      0x9000);
}

/* The group of zeros is none, and a peer that names it is not looked at any further. */
START_TEST(a_domain_of_shares_exchanges_nothing)
{
    uint8_t bytes[1024];
    join_two();
    import_exchange_key(&cards[0], 9);
    struct span copy = papers_keep(papers[1].request, bytes, sizeof bytes);
    ck_assert_uint_eq(card_fixture_command(&cards[0], 0x80620984, copy), 0x6A88);
    memset(bytes + (papers[1].request_read.inner.group.at - papers[1].request.at), 0, sizeof group);
    ck_assert_uint_eq(card_fixture_command(&cards[0], 0x80620984, copy), 0x6A88);
}
END_TEST

START_TEST(only_an_exchange_key_s_request_names_the_group)
{
    struct papers other;
    join(0);
    ck_assert(span_equal(papers[0].request_read.inner.group, SPAN_OF(group)));
    ck_assert_uint_eq(generate(&cards[0], 9, BRAINPOOL, NULL, DOMAIN), 0x9000);
    papers_take_request(&cards[0], &other);
    ck_assert_ptr_null(other.request_read.inner.group.at);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exchange");
    TCase *all = tcase_create("exchange");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, make_cards, drop_cards);
    tcase_add_test(all, two_members_get_one_secret);
    tcase_add_test(all, a_key_moves_to_the_other_member);
    tcase_add_test(all, a_key_moves_to_a_third_member);
    tcase_add_test(all, keys_of_no_domain_or_another_stay);
    tcase_add_test(all, the_secret_survives_power_and_not_clear);
    tcase_add_test(all, the_domain_is_deleted_when_it_is_empty);
    tcase_add_test(all, initialize_forgets);
    tcase_add_test(all, long_requests_go_through_the_work_file);
    tcase_add_test(all, a_membership_is_one_device_s);
    tcase_add_test(all, a_membership_makes_one_domain);
    tcase_add_test(all, a_membership_needs_login_and_slots);
    tcase_add_test(all, the_signer_s_chain_is_verified);
    tcase_add_test(all, another_key_signs_no_membership);
    tcase_add_test(all, the_group_s_curve_has_256_bits);
    tcase_add_test(all, every_flipped_byte_of_a_membership_is_refused);
    tcase_add_test(all, the_group_s_key_is_a_whole_point);
    tcase_add_test(all, a_signer_off_the_curve_is_refused);
    tcase_add_test(all, an_exchange_is_within_the_group);
    tcase_add_test(all, a_device_is_in_several_groups);
    tcase_add_test(all, an_exchange_is_on_one_curve);
    tcase_add_test(all, the_peer_s_chain_is_verified);
    tcase_add_test(all, every_flipped_byte_of_a_peer_s_request_is_refused);
    tcase_add_test(all, an_exchange_needs_an_exchange_key);
    tcase_add_test(all, an_exchange_key_does_nothing_else);
    tcase_add_test(all, an_exchange_key_is_made_for_that_alone);
    tcase_add_test(all, an_exchange_key_names_its_domain);
    tcase_add_test(all, a_domain_of_shares_exchanges_nothing);
    tcase_add_test(all, only_an_exchange_key_s_request_names_the_group);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
