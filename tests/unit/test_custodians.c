/* SPDX-License-Identifier: Apache-2.0 */
/* Public-key authentication, n of m: custodians are cards of ours, each with a root of its own, and
 * every step goes through commands (protocol.md section 10). */
#include <string.h>

#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/device.h"
#include "card-os/strict.h"
#include "crypto/crypto.h"
#include "formats/cvc.h"
#include "storage/audit.h"
#include "tests/support/forge.h"
#include "tests/support/host_channel.h"
#include "tests/support/papers.h"
#include "tests/support/suite.h"

#define CUSTODIANS 3
/* Options 0001, three custodians, two of whom must sign. */
#define INITIALIZE_TWO_OF_THREE                                                                    \
    "80 50 00 00 1D 80020001 8106363438323139 82083537363231383830 910103 93020302"
#define INITIALIZE_BOTH                                                                            \
    "80 50 00 00 1D 80020011 8106363438323139 82083537363231383830 910103 93020302"
#define INITIALIZE_REPLACEABLE                                                                     \
    "80 50 00 00 1D 80020009 8106363438323139 82083537363231383830 910103 93020302"
#define INITIALIZE_WITHOUT_PIN "80 50 00 00 15 80020001 82083537363231383830 910103 93020302"
#define STATUS                 "80 54 00 00 04"

static struct card_fixture device, cards[CUSTODIANS];

/* What each custodian hands over: the request for its key. */
static struct papers papers[CUSTODIANS];

/* The last digit of the holder reference becomes this number. */
static void generate_key(struct card_fixture *card, const char *generate, size_t number)
{
    char command[1024] = { 0 };
    strncpy(command, generate, sizeof command - 1);
    *(strrchr(command, '3') + 1) = (char)('1' + number);
    ck_assert_uint_eq(card_fixture_status(card, VERIFY_USER), 0x9000);
    card_fixture_send_hex(card, command);
}

static void make_cards(void)
{
    card_fixture_init(&device);
    for (size_t i = 0; i < CUSTODIANS; i++) {
        card_fixture_init(&cards[i]);
        card_fixture_initialise(&cards[i]);
        papers_of_device(&cards[i], &papers[i]);
        generate_key(&cards[i], GENERATE_P256, i);
        papers_take_request(&cards[i], &papers[i]);
        papers_trust(&device, &papers[i]);
    }
}

static void drop_cards(void)
{
    card_fixture_deinit(&device);
    for (size_t i = 0; i < CUSTODIANS; i++)
        card_fixture_deinit(&cards[i]);
}

/* --- Steps of a host --- */

static uint16_t send_data(uint32_t header, struct span data)
{
    return card_fixture_command(&device, header, data);
}

static uint16_t choose_issuer(struct span name)
{
    return papers_choose_issuer(&device, name);
}

static uint16_t choose_custodian(struct span name)
{
    uint8_t bytes[32];
    struct writer reference = WRITER_OF(bytes);
    tlv_write(&reference, 0x83, name);
    return send_data(0x002281A4, written(&reference));
}

static uint16_t verify_certificate(struct span certificate)
{
    return papers_verify(&device, certificate);
}

static void import_chain(const struct papers *p)
{
    papers_import(&device, p);
}

static uint16_t enroll(const struct papers *p)
{
    return send_data(0x80540000, p->request);
}

static void register_only(size_t i)
{
    import_chain(&papers[i]);
    ck_assert_uint_eq(enroll(&papers[i]), 0x9000);
}

static struct span sign_challenge(size_t i, struct span challenge, uint8_t out[64])
{
    uint8_t bytes[256], message[64];
    struct writer signed_part = WRITER_OF(message);
    struct writer command = WRITER_OF(bytes);
    struct writer plain = writer_of(out, 64);
    ck_assert_int_eq(device_name(device.store, &signed_part), 0);
    write_span(&signed_part, challenge);
    write_u32(&command, 0x80680273); /* key 02, ECDSA with SHA-256 */
    write_u8(&command, (uint8_t)signed_part.size);
    write_span(&command, written(&signed_part));
    card_fixture_send(&cards[i], written(&command));
    ck_assert_int_eq(ecdsa_plain(card_fixture_data(&cards[i]), 32, &plain), 0);
    return written(&plain);
}

static struct span challenge(uint8_t room[8])
{
    card_fixture_send_hex(&device, "00 84 00 00 08");
    return papers_keep(card_fixture_data(&device), room, 8);
}

/* By a login of this custodian alone, through a channel. */
static void sign_in_through(struct channel *channel, size_t i)
{
    static const uint8_t get_challenge[] = { 0, 0x84, 0, 0, 8 };
    uint8_t room[8], signature[64], bytes[64];
    struct writer name = WRITER_OF(bytes);
    tlv_write(&name, 0x83, papers[i].request_read.inner.chr);
    ck_assert_uint_eq(host_channel_command(&device, channel, 0x002281A4, written(&name)), 0x9000);
    ck_assert_uint_eq(host_channel_send(&device, channel, SPAN_OF(get_challenge)), 0x9000);
    struct span with = papers_keep(card_fixture_data(&device), room, sizeof room);
    ck_assert_uint_eq(
        host_channel_command(&device, channel, 0x00820000, sign_challenge(i, with, signature)),
        0x9000);
}

static uint16_t sign_in(size_t i, struct span with)
{
    uint8_t signature[64];
    ck_assert_uint_eq(choose_custodian(papers[i].request_read.inner.chr), 0x9000);
    return send_data(0x00820000, sign_challenge(i, with, signature));
}

static void expect_state(const char *hex)
{
    uint8_t bytes[4];
    struct writer expected = WRITER_OF(bytes);
    ck_assert(hex_decode(hex, &expected));
    card_fixture_send_hex(&device, STATUS);
    ck_assert(span_equal(card_fixture_data(&device), written(&expected)));
}

static bool logged_in(void)
{
    return card_fixture_status(&device, "00 D7 CD 01 06 54 02 00 00 53 00") == 0x9000;
}

static void reset(void)
{
    card_reset(device.card);
}

static void set_up(const char *initialize)
{
    ck_assert_uint_eq(card_fixture_status(&device, initialize), 0x9000);
}

/* --- Registration --- */

START_TEST(keys_are_registered_by_their_chain)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    expect_state("03 03 02 00");
    register_only(0);
    expect_state("03 02 02 00");
    card_fixture_send_hex(&device, "80 54 02 00 00");
    ck_assert(span_equal(card_fixture_data(&device), papers[0].request_read.inner.chr));
    ck_assert_uint_eq(card_fixture_status(&device, "80 54 02 01 00"), 0x6A88);
    ck_assert_uint_eq(card_fixture_status(&device, "80 54 02 03 00"), 0x6A86);
}
END_TEST

START_TEST(registration_needs_a_login_where_there_are_keys)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&device, "00 48 06 B2"), 0x9000);
    reset();
    import_chain(&papers[0]);
    ck_assert_uint_eq(enroll(&papers[0]), 0x6982);
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(enroll(&papers[0]), 0x9000);
}
END_TEST

/* A custodian would open it. */
START_TEST(registration_needs_a_login_where_there_is_confidential_data)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    ck_assert_uint_eq(card_fixture_status(&device, "00 D7 CF 01 06 54 02 00 00 53 00"), 0x9000);
    reset();
    register_only(0);
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&device, "00 D7 CD 01 06 54 02 00 00 53 00"), 0x9000);
    reset();
    import_chain(&papers[1]);
    ck_assert_uint_eq(enroll(&papers[1]), 0x6982);
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(enroll(&papers[1]), 0x9000);
}
END_TEST

START_TEST(custodian_finds_no_room_on_a_full_card)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    import_chain(&papers[0]);
    device.env.capacity = 300; /* 59 are the label's */
    ck_assert_uint_eq(enroll(&papers[0]), 0x6A84);
    expect_state("03030200");
    device.env.capacity = 2000;
    ck_assert_uint_eq(enroll(&papers[0]), 0x9000);
    expect_state("03020200");
}
END_TEST

START_TEST(custodian_is_not_registered_twice)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    register_only(0);
    ck_assert_uint_eq(enroll(&papers[0]), 0x6985);
    expect_state("03 02 02 00");
}
END_TEST

/* Another key that its card made under this name. */
static uint16_t enroll_another(size_t i, const char *generate, size_t number)
{
    static struct papers another;
    papers_of_device(&cards[i], &another);
    generate_key(&cards[i], generate, number);
    papers_take_request(&cards[i], &another);
    reset();
    import_chain(&another);
    return enroll(&another);
}

START_TEST(no_two_custodians_have_one_name)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    register_only(0);
    ck_assert_uint_eq(enroll_another(1, GENERATE_P256, 0), 0x6985);
    expect_state("03 02 02 00");
    ck_assert_uint_eq(enroll_another(1, GENERATE_P256, 1), 0x9000);
}
END_TEST

/* A key of RSA is told from another by its modulus: neither has a point. */
START_TEST(custodians_with_different_rsa_keys_are_two)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    ck_assert_uint_eq(enroll_another(0, GENERATE_RSA2048, 0), 0x9000);
    ck_assert_uint_eq(enroll_another(1, GENERATE_RSA2048, 1), 0x9000);
    expect_state("03 01 02 00");
}
END_TEST

/* --- Requests that no card of ours makes --- */

static uint16_t enroll_forged(const struct forge *forge, const struct cvc_body *body)
{
    uint8_t bytes[4096];
    struct writer out = WRITER_OF(bytes);
    forge_import(forge, &device);
    return send_data(0x80540000, forge_request(body, &forge->device, &forge->device, &out));
}

START_TEST(no_two_custodians_have_one_key)
{
    SCOPED(forge_deinit) struct forge forge;
    forge_init(&forge, &device);
    set_up(INITIALIZE_TWO_OF_THREE);
    struct cvc_body body = forge_request_body(&forge.device);
    body.chr = span_of_text("ZZFIRST00001");
    ck_assert_uint_eq(enroll_forged(&forge, &body), 0x9000);
    body.chr = span_of_text("ZZSECOND00001");
    ck_assert_uint_eq(enroll_forged(&forge, &body), 0x6985);
    expect_state("03 02 02 00");
}
END_TEST

/* Before anybody asks whether the key signed its request, which this one did not. */
START_TEST(keys_of_other_kinds_and_sizes_are_refused)
{
    static const uint8_t number[1024] = { [0] = 0x80, [1023] = 1 }, three[] = { 3 };
    static const struct {
        const char *curve; /* NULL: RSA */
        uint16_t size, extension, status, strict;
    } keys[] = {
        { NULL, 256, 0, 0x6985, 0x6985 },     { NULL, 512, 0, 0x6985, 0x6985 },
        { NULL, 640, 0, 0x6985, 0x6A80 },    /* no hardware has RSA-5120 */
        { NULL, 1024, 960, 0x6A80, 0x6A80 }, /* longer than a custodian's room */
        { "Ed25519", 32, 0, 0x6A80, 0x6A80 }, { "P-521", 133, 0, 0x6985, 0x6985 },
    };
    SCOPED(forge_deinit) struct forge forge;
    forge_init(&forge, &device);
    set_up(INITIALIZE_TWO_OF_THREE);
    for (int strict = 0; strict <= 1; strict++) {
        for (size_t i = 0; i < COUNT_OF(keys); i++) {
            const struct span key = span_of(number, keys[i].size);
            const struct key_spec spec = keys[i].curve ? key_spec_on(curve_by_name(keys[i].curve))
                                                       : (struct key_spec){ .type = KEY_RSA };
            struct cvc_body body = forge_request_body(&forge.device);
            body.spec = &spec;
            body.key = keys[i].curve
                           ? (struct public_part){ .point = key }
                           : (struct public_part){ .modulus = key, .exponent = SPAN_OF(three) };
            if (keys[i].extension)
                body.group = span_of(number, keys[i].extension);
            ck_assert_msg(enroll_forged(&forge, &body) ==
                              (strict ? keys[i].strict : keys[i].status),
                          "%zu, strict %d", i, strict);
        }
        ck_assert_int_eq(strict_set(&device.env, true, 0), 0);
        card_fixture_power_cycle(&device);
    }
    expect_state("03 03 02 00");
}
END_TEST

START_TEST(chain_must_lead_to_a_trusted_root)
{
    ck_assert_int_eq(store_begin(device.store), 0);
    ck_assert_int_eq(store_delete(device.store, OBJECT_TRUST, 0), 0);
    ck_assert_int_eq(store_commit(device.store, false), 0);
    set_up(INITIALIZE_TWO_OF_THREE);
    ck_assert_uint_eq(choose_issuer(papers[0].issuer_read.car), 0x6A88);
    ck_assert_uint_eq(verify_certificate(papers[0].issuer), 0x6A88);
    /* Another root does not vouch for it. */
    ck_assert_uint_eq(choose_issuer(papers[1].issuer_read.car), 0x9000);
    ck_assert_uint_eq(verify_certificate(papers[0].issuer), 0x6985);
    ck_assert_uint_eq(enroll(&papers[0]), 0x6A88);
    expect_state("03 03 02 00");
}
END_TEST

START_TEST(a_device_vouches_for_no_device)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    import_chain(&papers[0]);
    ck_assert_uint_eq(choose_issuer(papers[0].device_read.chr), 0x9000);
    ck_assert_uint_eq(verify_certificate(papers[0].device), 0x6985);
    /* And an issuer is no device whose word counts for a key. */
    ck_assert_uint_eq(choose_issuer(papers[1].issuer_read.car), 0x9000);
    ck_assert_uint_eq(verify_certificate(papers[1].device), 0x6985);
}
END_TEST

START_TEST(every_flipped_byte_of_a_certificate_is_refused)
{
    uint8_t bytes[512];
    set_up(INITIALIZE_TWO_OF_THREE);
    struct span copy = papers_keep(papers[0].issuer, bytes, sizeof bytes);
    for (size_t i = 0; i < copy.size; i++) {
        bytes[i] ^= 1;
        ck_assert_uint_eq(choose_issuer(papers[0].issuer_read.car), 0x9000);
        ck_assert_uint_ne(verify_certificate(copy), 0x9000);
        bytes[i] ^= 1;
    }
    ck_assert_uint_eq(choose_issuer(papers[0].issuer_read.car), 0x9000);
    ck_assert_uint_eq(verify_certificate(copy), 0x9000);
}
END_TEST

START_TEST(every_flipped_byte_of_a_request_is_refused)
{
    uint8_t bytes[1024];
    set_up(INITIALIZE_TWO_OF_THREE);
    import_chain(&papers[0]);
    struct span copy = papers_keep(papers[0].request, bytes, sizeof bytes);
    for (size_t i = 0; i < copy.size; i++) {
        bytes[i] ^= 1;
        ck_assert_uint_ne(send_data(0x80540000, copy), 0x9000);
        bytes[i] ^= 1;
    }
    expect_state("03 03 02 00");
    ck_assert_uint_eq(send_data(0x80540000, copy), 0x9000);
}
END_TEST

START_TEST(certificates_are_believed_within_their_dates_only)
{
    const uint64_t day = 24ull * 3600 * 1000;
    set_up(INITIALIZE_TWO_OF_THREE);
    uint64_t now = device.ticks;
    device.ticks = now - 2 * day; /* the clock of the fixture is its ticks */
    ck_assert_uint_eq(choose_issuer(papers[0].issuer_read.car), 0x6A88);
    ck_assert_uint_eq(verify_certificate(papers[0].issuer), 0x6A88);
    device.ticks = now;
    ck_assert_uint_eq(choose_issuer(papers[0].issuer_read.car), 0x9000);
    device.ticks = now + 21ull * 365 * day; /* nor does the chosen root vouch any more */
    ck_assert_uint_eq(verify_certificate(papers[0].issuer), 0x6985);
    ck_assert_uint_eq(choose_issuer(papers[0].issuer_read.car), 0x6A88);
    device.ticks = now;
    ck_assert_uint_eq(choose_issuer(papers[0].issuer_read.car), 0x9000);
    ck_assert_uint_eq(verify_certificate(papers[0].issuer), 0x9000);
}
END_TEST

START_TEST(what_a_host_brought_is_forgotten_with_the_session)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    import_chain(&papers[0]);
    reset();
    ck_assert_uint_eq(choose_issuer(papers[0].device_read.chr), 0x6A88);
    ck_assert_uint_eq(verify_certificate(papers[0].issuer), 0x6A88);
}
END_TEST

START_TEST(replacing_needs_the_option)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    register_only(0);
    import_chain(&papers[1]);
    ck_assert_uint_eq(send_data(0x80540100, papers[1].request), 0x6985);

    set_up(INITIALIZE_REPLACEABLE);
    register_only(0);
    import_chain(&papers[1]);
    ck_assert_uint_eq(send_data(0x80540101, papers[1].request), 0x6A88);
    ck_assert_uint_eq(send_data(0x80540103, papers[1].request), 0x6A86);
    ck_assert_uint_eq(send_data(0x80540100, papers[1].request), 0x9000);
    expect_state("03 02 02 00");
    reset();
    ck_assert_uint_eq(send_data(0x80540100, papers[1].request), 0x6982);
}
END_TEST

/* --- Authentication --- */

static void register_all(void)
{
    for (size_t i = 0; i < CUSTODIANS; i++)
        register_only(i);
    expect_state("03 00 02 00");
    reset();
}

START_TEST(two_of_three_log_in)
{
    uint8_t room[8];
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    ck_assert(!logged_in());
    struct span with = challenge(room);
    ck_assert_uint_eq(sign_in(0, with), 0x9000);
    expect_state("03 00 02 01");
    ck_assert(!logged_in());
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER_QUERY), 0x63C3);
    ck_assert_uint_eq(sign_in(2, with), 0x9000); /* the same challenge serves several */
    expect_state("03 00 02 02");
    ck_assert(logged_in());
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER_QUERY), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&device, "80 54 02 00 00"), 0x9001);
    ck_assert_uint_eq(card_fixture_status(&device, "80 54 02 01 00"), 0x9000);
    reset();
    expect_state("03 00 02 00");
    ck_assert(!logged_in());
}
END_TEST

/* All signatures over a short challenge can be made in advance, by whoever had the custodian's
 * token once. */
START_TEST(short_challenges_are_not_signed)
{
    uint8_t room[8];
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    challenge(room);
    card_fixture_send_hex(&device, "00 84 00 00 07");
    struct span with = papers_keep(card_fixture_data(&device), room, sizeof room);
    ck_assert_uint_eq(sign_in(0, with), 0x6985);
    expect_state("03 00 02 00");
    ck_assert_uint_eq(sign_in(0, challenge(room)), 0x9000);
}
END_TEST

START_TEST(the_pin_alone_will_do_unless_both_are_asked_for)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    reset();
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert(logged_in());
}
END_TEST

START_TEST(both_are_needed_in_either_order)
{
    uint8_t room[8];
    set_up(INITIALIZE_BOTH);
    register_all();
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert(!logged_in());
    struct span with = challenge(room);
    ck_assert_uint_eq(sign_in(0, with), 0x9000);
    ck_assert(!logged_in());
    ck_assert_uint_eq(sign_in(1, with), 0x9000);
    ck_assert(logged_in());

    reset();
    with = challenge(room);
    ck_assert_uint_eq(sign_in(2, with), 0x9000);
    ck_assert_uint_eq(sign_in(1, with), 0x9000);
    ck_assert(!logged_in());
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert(logged_in());
    ck_assert_uint_eq(card_fixture_status(&device, "00 20 00 81 06 313131313131"), 0x63C2);
    ck_assert(!logged_in());
}
END_TEST

START_TEST(custodian_counts_once)
{
    uint8_t room[8];
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    struct span with = challenge(room);
    ck_assert_uint_eq(sign_in(0, with), 0x9000);
    ck_assert_uint_eq(choose_custodian(papers[0].request_read.inner.chr), 0x6985);
    expect_state("03 00 02 01");
}
END_TEST

START_TEST(an_unknown_name_ends_the_choice_of_a_known_one)
{
    uint8_t room[8], signature[64];
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    struct span with = challenge(room);
    ck_assert_uint_eq(choose_custodian(papers[0].request_read.inner.chr), 0x9000);
    ck_assert_uint_eq(choose_custodian(span_of_text("ZZNOBODY00001")), 0x6A88);
    ck_assert_uint_eq(send_data(0x00820000, sign_challenge(0, with, signature)), 0x6985);
    expect_state("03 00 02 00");
}
END_TEST

START_TEST(a_login_through_a_channel_ends_with_it)
{
    struct channel channel;
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    host_channel_open(&device, &channel);
    sign_in_through(&channel, 0);
    sign_in_through(&channel, 2);
    ck_assert(device.card->session.user);
    expect_state("03 00 02 00"); /* asked in the clear */
    ck_assert(!logged_in());
}
END_TEST

/* They do not know what its keys are bound to. */
START_TEST(custodians_alone_do_not_open_a_device_bound_to_its_pin)
{
    uint8_t room[8];
    device.env.pin_bound = true;
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    struct span with = challenge(room);
    ck_assert_uint_eq(sign_in(0, with), 0x9000);
    ck_assert_uint_eq(sign_in(2, with), 0x9000);
    ck_assert(!logged_in());
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert(logged_in());
}
END_TEST

START_TEST(what_is_stored_of_a_custodian_must_be_whole)
{
    uint8_t room[8], signature[64];
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    struct span with = sign_challenge(0, challenge(room), signature);
    ck_assert_uint_eq(choose_custodian(papers[0].request_read.inner.chr), 0x9000);
    ck_assert_int_eq(store_begin(device.store), 0);
    ck_assert_int_eq(store_put(device.store, OBJECT_CUSTODIAN, 0, span_of_text("nobody")), 0);
    ck_assert_int_eq(store_commit(device.store, false), 0);
    ck_assert_uint_eq(send_data(0x00820000, with), 0x6F00);
    ck_assert_int_eq(device.fault, FAULT_BROKEN);
}
END_TEST

START_TEST(whoever_is_replaced_has_signed_for_nothing)
{
    uint8_t room[8];
    set_up(INITIALIZE_REPLACEABLE);
    register_only(0);
    register_only(1);
    struct span with = challenge(room);
    ck_assert_uint_eq(sign_in(0, with), 0x9000);
    ck_assert_uint_eq(sign_in(1, with), 0x9000);
    /* A refusal replaces nobody. */
    ck_assert_uint_eq(send_data(0x80540101, papers[0].request), 0x6985);
    expect_state("03 01 02 02");
    import_chain(&papers[2]);
    ck_assert_uint_eq(send_data(0x80540101, papers[2].request), 0x9000);
    expect_state("03 01 02 01");
    ck_assert_uint_eq(card_fixture_status(&device, "80 54 02 00 00"), 0x9001);
    ck_assert_uint_eq(card_fixture_status(&device, "80 54 02 01 00"), 0x9000);
}
END_TEST

START_TEST(signature_over_an_older_challenge_is_refused)
{
    uint8_t first[8], second[8], signature[64];
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    struct span old = challenge(first);
    challenge(second);
    ck_assert_uint_eq(sign_in(0, old), 0x6300);
    expect_state("03 00 02 00");

    /* Replayed in another session, where no challenge was given. */
    ck_assert_uint_eq(choose_custodian(papers[0].request_read.inner.chr), 0x9000);
    struct span replayed = sign_challenge(0, span_of(second, 8), signature);
    reset();
    ck_assert_uint_eq(choose_custodian(papers[0].request_read.inner.chr), 0x9000);
    ck_assert_uint_eq(send_data(0x00820000, replayed), 0x6985);
    expect_state("03 00 02 00");
}
END_TEST

START_TEST(signature_of_another_custodian_is_refused)
{
    uint8_t room[8], signature[64];
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    struct span with = challenge(room);
    ck_assert_uint_eq(choose_custodian(papers[0].request_read.inner.chr), 0x9000);
    ck_assert_uint_eq(send_data(0x00820000, sign_challenge(1, with, signature)), 0x6300);
    /* And the choice is used up. */
    ck_assert_uint_eq(send_data(0x00820000, sign_challenge(0, with, signature)), 0x6985);
}
END_TEST

/* --- Initialisation --- */

START_TEST(device_without_pin_opens_by_custodians_alone)
{
    uint8_t room[8];
    set_up(INITIALIZE_WITHOUT_PIN);
    register_all();
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER_QUERY), 0x63C0);
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x6A88);
    struct span with = challenge(room);
    ck_assert_uint_eq(sign_in(0, with), 0x9000);
    ck_assert_uint_eq(sign_in(1, with), 0x9000);
    ck_assert(logged_in());
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER_QUERY), 0x9000);
}
END_TEST

START_TEST(initialize_drops_all_custodians)
{
    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    set_up(INITIALIZE_TWO_OF_THREE);
    expect_state("03 03 02 00");
    set_up(INITIALIZE);
    ck_assert_uint_eq(card_fixture_status(&device, STATUS), 0x6D00);
    ck_assert_uint_eq(enroll(&papers[0]), 0x6D00);
}
END_TEST

static const char *const senseless[] = {
    /* more required than there are; none required; none at all; 91 custodians */
    "80 50 00 00 1D 80020001 8106363438323139 82083537363231383830 910103 93020203",
    "80 50 00 00 1D 80020001 8106363438323139 82083537363231383830 910103 93020200",
    "80 50 00 00 1D 80020001 8106363438323139 82083537363231383830 910103 93020000",
    "80 50 00 00 1D 80020001 8106363438323139 82083537363231383830 910103 93025B01",
    /* options that mean custodians, without any; no way to log in */
    "80 50 00 00 19 80020011 8106363438323139 82083537363231383830 910103",
    "80 50 00 00 19 80020009 8106363438323139 82083537363231383830 910103",
    "80 50 00 00 11 80020001 82083537363231383830 910103",
};

START_TEST(senseless_numbers_are_refused)
{
    for (size_t i = 0; i < COUNT_OF(senseless); i++)
        ck_assert_uint_eq(card_fixture_status(&device, senseless[i]), 0x6A80);
    ck_assert_uint_eq(card_fixture_status(&device, STATUS), 0x6D00);
}
END_TEST

/* --- The record --- */

/* An even modulus, modulus 0 and 1, exponents 0, 1 and 2: what a library may stumble over. */
START_TEST(custodians_with_bad_rsa_keys_are_refused)
{
    static struct papers rsa;
    uint8_t bytes[sizeof rsa.request_bytes];
    struct audit_record last;
    papers_of_device(&cards[0], &rsa);
    card_fixture_send_hex(&cards[0], GENERATE_RSA2048);
    papers_take_request(&cards[0], &rsa);
    const struct public_part *key = &rsa.request_read.inner.key;
    const size_t modulus = (size_t)(key->modulus.at - rsa.request.at);
    const size_t exponent = (size_t)(key->exponent.at - rsa.request.at);
    const struct {
        size_t from, size;
        uint8_t last; /* the others become 0 */
    } spoils[] = { { modulus + 255, 1, (uint8_t)(key->modulus.at[255] & 0xFE) },
                   { modulus, 256, 0 },
                   { modulus + 1, 255, 0 },
                   { modulus + 1, 255, 1 },
                   { exponent, 3, 0 },
                   { exponent, 3, 1 },
                   { exponent, 3, 2 } };
    set_up(INITIALIZE_TWO_OF_THREE);
    import_chain(&rsa);
    for (size_t i = 0; i < COUNT_OF(spoils); i++) {
        struct span copy = papers_keep(rsa.request, bytes, sizeof bytes);
        memset(bytes + spoils[i].from, 0, spoils[i].size);
        bytes[spoils[i].from + spoils[i].size - 1] = spoils[i].last;
        ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
        uint16_t status = send_data(0x80540000, copy);
        ck_assert_msg(status == 0x6985 || status == 0x6A80, "%zu: %04X", i, status);
        last = card_fixture_last_record(&device);
        ck_assert_int_eq(last.action, AUDIT_CUSTODIAN_REGISTERED);
        ck_assert_uint_eq(last.sw, status);
    }
    expect_state("03 03 02 00");
    ck_assert_uint_eq(enroll(&rsa), 0x9000);
}
END_TEST

/* As stock sc-hsm-tool does it: and nobody is told to have been the user. */
START_TEST(registration_needs_no_login_before_the_first_key)
{
    struct audit_record record;
    set_up(INITIALIZE_TWO_OF_THREE);
    reset();
    import_chain(&papers[0]);
    ck_assert_uint_eq(enroll(&papers[0]), 0x9000);
    record = card_fixture_last_record(&device);
    ck_assert_int_eq(record.action, AUDIT_CUSTODIAN_REGISTERED);
    ck_assert_int_eq(record.role, AUDIT_NOBODY);
    ck_assert_uint_eq(card_fixture_status(&device, GENERATE_P256), 0x6982);
}
END_TEST

/* Those that are believed change nothing that lasts; and however many are refused in a row, whoever
 * shows them, they are told as one. */
START_TEST(refused_certificates_are_recorded)
{
    uint8_t bytes[sizeof papers[0].chain_bytes], digest[SHA256_SIZE];
    set_up(INITIALIZE_TWO_OF_THREE);
    reset();
    import_chain(&papers[0]);
    uint64_t before = audit_head(device.store).size;
    struct span copy = papers_keep(papers[1].issuer, bytes, sizeof bytes);
    bytes[copy.size - 1] ^= 1;
    ck_assert_uint_eq(choose_issuer(papers[1].issuer_read.car), 0x9000);
    ck_assert_uint_eq(verify_certificate(papers[1].issuer), 0x9000);
    ck_assert_uint_eq(audit_head(device.store).size, before);
    ck_assert_uint_eq(choose_issuer(papers[1].issuer_read.car), 0x9000);
    ck_assert_uint_eq(verify_certificate(copy), 0x6985);
    struct audit_record record = card_fixture_last_record(&device);
    ck_assert_int_eq(sha256_of(copy, digest), 0);
    ck_assert_int_eq(record.action, AUDIT_CERTIFICATE_SHOWN);
    ck_assert_uint_eq(record.sw, 0x6985);
    ck_assert_int_eq(record.role, AUDIT_NOBODY);
    ck_assert_mem_eq(record.digest, digest, sizeof digest);

    bytes[copy.size - 2] ^= 1;
    ck_assert_uint_eq(verify_certificate(copy), 0x6985);
    ck_assert_uint_eq(audit_head(device.store).size, before + 1);
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(audit_head(device.store).size, before + 3);
    ck_assert_uint_eq(verify_certificate(span_of_text("none")), 0x6A80);
    record = card_fixture_last_record(&device);
    ck_assert_int_eq(record.action, AUDIT_CERTIFICATE_SHOWN);
    ck_assert_uint_eq(record.sw, 0x6A80);
}
END_TEST

/* By whose authority the last command passed. */
static enum audit_role last_role(enum audit_action action)
{
    struct audit_record record;
    record = card_fixture_last_record(&device);
    ck_assert_int_eq(record.action, action);
    ck_assert_uint_eq(record.sw, 0x9000);
    return record.role;
}

/* The PIN alone registers where it does not log in; the SO counts beside custodians. */
START_TEST(records_name_whose_authority_it_was)
{
    uint8_t room[8];
    set_up(INITIALIZE_BOTH);
    reset();
    import_chain(&papers[0]);
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(enroll(&papers[0]), 0x9000);
    ck_assert_int_eq(last_role(AUDIT_CUSTODIAN_REGISTERED), AUDIT_USER);

    set_up(INITIALIZE_TWO_OF_THREE);
    register_all();
    struct span with = challenge(room);
    ck_assert_uint_eq(sign_in(0, with), 0x9000);
    ck_assert_uint_eq(sign_in(1, with), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&device, VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&device, "00 2C 03 81"), 0x9000);
    ck_assert_int_eq(last_role(AUDIT_RETRY_COUNTER_RESET), AUDIT_OFFICER);
}
END_TEST

START_TEST(each_step_is_recorded_with_the_custodians_key)
{
    uint8_t room[8];
    struct audit_record record;
    set_up(INITIALIZE_TWO_OF_THREE);
    register_only(0);
    record = card_fixture_last_record(&device);
    ck_assert_int_eq(record.action, AUDIT_CUSTODIAN_REGISTERED);
    ck_assert_int_eq(record.sw, 0x9000);
    uint8_t key[sizeof record.key];
    ck_assert(span_copy(SPAN_OF(record.key), key, sizeof key));
    ck_assert(!span_is_zero(SPAN_OF(key)));

    ck_assert_uint_eq(sign_in(0, challenge(room)), 0x9000);
    record = card_fixture_last_record(&device);
    ck_assert_int_eq(record.action, AUDIT_CUSTODIAN_LOGIN);
    ck_assert(span_equal(SPAN_OF(record.key), SPAN_OF(key)));
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "custodians", make_cards, drop_cards, keys_are_registered_by_their_chain,
        registration_needs_a_login_where_there_are_keys,
        registration_needs_a_login_where_there_is_confidential_data,
        registration_needs_no_login_before_the_first_key, custodian_finds_no_room_on_a_full_card,
        custodian_is_not_registered_twice, no_two_custodians_have_one_name,
        no_two_custodians_have_one_key, custodians_with_different_rsa_keys_are_two,
        keys_of_other_kinds_and_sizes_are_refused, an_unknown_name_ends_the_choice_of_a_known_one,
        whoever_is_replaced_has_signed_for_nothing, a_login_through_a_channel_ends_with_it,
        custodians_alone_do_not_open_a_device_bound_to_its_pin,
        what_is_stored_of_a_custodian_must_be_whole, chain_must_lead_to_a_trusted_root,
        a_device_vouches_for_no_device, every_flipped_byte_of_a_certificate_is_refused,
        every_flipped_byte_of_a_request_is_refused,
        certificates_are_believed_within_their_dates_only,
        what_a_host_brought_is_forgotten_with_the_session, custodians_with_bad_rsa_keys_are_refused,
        replacing_needs_the_option, two_of_three_log_in, short_challenges_are_not_signed,
        the_pin_alone_will_do_unless_both_are_asked_for, both_are_needed_in_either_order,
        custodian_counts_once, signature_over_an_older_challenge_is_refused,
        signature_of_another_custodian_is_refused, records_name_whose_authority_it_was,
        refused_certificates_are_recorded, each_step_is_recorded_with_the_custodians_key,
        device_without_pin_opens_by_custodians_alone, initialize_drops_all_custodians,
        senseless_numbers_are_refused);
}
