/* The card's side of the channel: what goes through it, and what ends it (protocol.md 11.2, 11.3).
 * Messages are made with formats/channel.c, which the worked example of 11.3 proves. */
#include <stdio.h>
#include <string.h>

#include "base/tlv.h"
#include "card-os/device.h"
#include "card-os/sm.h"
#include "crypto/crypto.h"
#include "formats/cvc.h"
#include "storage/audit.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

#define CHOOSE_CHANNEL "00 22 41 A4 0C 800A04007F00070202030202"
#define SIGN           "80 68 02 70 20 " HASH " 00"

static struct card_fixture f;
static struct channel channel;
static const char *device_curve = "brainpoolP256r1"; /* what a host finds, without being told */

static void set_up(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
}

/* --- The host --- */

/* A key for once, on the device key's curve. */
static struct live_key *make_key(uint8_t *room, size_t size, struct span *out_point)
{
    const struct curve *curve = curve_by_name(device_curve);
    const struct key_spec spec = { .type = KEY_EC, .bits = curve->bits, .curve = curve };
    const struct key_kind *kind = key_kind_of(KEY_EC);
    struct writer material = writer_of(room, size);
    struct public_part part;
    struct live_key *live = NULL;
    ck_assert_int_eq(kind->generate(&spec, NULL, &material), 0);
    ck_assert_int_eq(kind->public_part(&spec, written(&material), &part), 0);
    ck_assert_int_eq(kind->open(&spec, written(&material), &live), 0);
    *out_point = part.point;
    return live;
}

static struct span device_point(void)
{
    static uint8_t bytes[1024];
    struct writer chain = WRITER_OF(bytes);
    struct cvc device;
    card_fixture_send_hex(&f, "00 B1 2F 02 00 00 04 54 02 00 00 00 00");
    write_span(&chain, card_fixture_data(&f));
    struct reader in = reader_of(written(&chain));
    struct reader certificate = tlv_enter(&in, CVC_CERTIFICATE);
    ck_assert_int_eq(cvc_read(&certificate, curve_by_name(device_curve), &device), 0);
    return device.key.point;
}

static struct span authenticate(struct span point)
{
    uint8_t bytes[128];
    struct writer command = WRITER_OF(bytes);
    write_u32(&command, 0x00860000);
    struct tlv_mark length = tlv_open(&command, 0x7C);
    tlv_write(&command, 0x80, point);
    tlv_close(&command, length);
    write_insert(&command, 4, SPAN_OF(((const uint8_t[]){ 0x45 })));
    write_u8(&command, 0);
    return card_fixture_send(&f, written(&command));
}

static void open_channel(void)
{
    uint8_t room[256], shared_bytes[CURVE_POINT_MAX], token[CHANNEL_TOKEN_SIZE];
    struct span point, device = device_point();
    struct live_key *key = make_key(room, sizeof room, &point);
    struct writer shared = WRITER_OF(shared_bytes);
    ck_assert_int_eq(key_kind_of(KEY_EC)->agree(key, device, &shared), 0);
    live_key_close(&key);

    ck_assert_uint_eq(card_fixture_status(&f, CHOOSE_CHANNEL), 0x9000);
    struct span answer = authenticate(point);
    ck_assert_uint_eq(answer.size, 2 + 20 + 2);
    struct reader in = reader_of(card_fixture_data(&f));
    struct reader dynamic = tlv_enter(&in, 0x7C);
    struct span nonce = tlv_expect(&dynamic, 0x81), shown = tlv_expect(&dynamic, 0x82);
    ck_assert(read_finished(&dynamic));
    ck_assert_int_eq(channel_derive(span_part(written(&shared), 1, 32), nonce, &channel), 0);
    ck_assert_int_eq(channel_token(&channel, point, token), 0);
    ck_assert(span_equal(shown, SPAN_OF(token)));
}

static struct span seal(const char *text, uint8_t *room, size_t size)
{
    static uint8_t plain[4096], scratch[16384];
    struct writer bytes = WRITER_OF(plain), work = WRITER_OF(scratch), out = writer_of(room, size);
    struct apdu apdu;
    ck_assert(hex_decode(text, &bytes));
    ck_assert(apdu_parse(written(&bytes), &apdu));
    ck_assert_int_eq(channel_seal_command(&channel, &apdu, &work, &out), 0);
    ck_assert(!out.full);
    return written(&out);
}

/* What the host finds in the answer; the status word outside is the same. */
static uint16_t judge(struct span answer, struct writer *data)
{
    uint16_t status = 0;
    ck_assert_uint_ge(answer.size, 14);
    struct span sealed = span_part(answer, 0, answer.size - 2);
    ck_assert_int_eq(channel_open_answer(&channel, sealed, data, &status), 0);
    ck_assert_uint_eq(answer.at[answer.size - 2] << 8 | answer.at[answer.size - 1], status);
    return status;
}

static uint16_t send_sealed(const char *text, struct writer *data)
{
    uint8_t room[8192];
    return judge(card_fixture_send(&f, seal(text, room, sizeof room)), data);
}

static uint16_t send(const char *text)
{
    uint8_t bytes[4096];
    struct writer data = WRITER_OF(bytes);
    return send_sealed(text, &data);
}

static uint16_t status_of(struct span answer)
{
    return (uint16_t)(answer.at[answer.size - 2] << 8 | answer.at[answer.size - 1]);
}

static struct audit_record last_record(void)
{
    return card_fixture_last_record(&f);
}

/* --- Through it --- */

START_TEST(everything_goes_through_the_channel)
{
    uint8_t bytes[4096];
    struct writer data = WRITER_OF(bytes);
    open_channel();
    ck_assert_uint_eq(last_record().action, AUDIT_SECURE_CHANNEL);
    ck_assert_uint_eq(last_record().sw, 0x9000);
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x63C3);
    ck_assert_uint_eq(send(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x9000);
    ck_assert_uint_eq(send_sealed(GENERATE_P256, &data), 0x9000);
    ck_assert_uint_eq(data.at[0], CVC_AUTHENTICATED_REQUEST);
    write_trim(&data, 0);
    ck_assert_uint_eq(send_sealed(SIGN, &data), 0x9000);
    ck_assert_uint_eq(data.at[0], 0x30);
    ck_assert_uint_eq(send("00 D7 CD 05 08 54 02 00 00 53 02 30 00"), 0x9000);
    write_trim(&data, 0);
    ck_assert_uint_eq(send_sealed("00 B1 CD 05 04 54 02 00 00 00", &data), 0x6282);
    ck_assert_uint_eq(data.size, 2);
}
END_TEST

/* The log tells what was done, not how it travelled. */
START_TEST(records_show_the_command_as_executed)
{
    open_channel();
    ck_assert_uint_eq(send(VERIFY_USER), 0x9000);
    struct audit_record record = last_record();
    ck_assert_uint_eq(record.action, AUDIT_USER_LOGIN);
    ck_assert_mem_eq(record.command, "\x00\x20\x00\x81", 4);
}
END_TEST

/* A label is written without a further login (protocol.md 4). */
START_TEST(channel_survives_initialize_and_select)
{
    open_channel();
    ck_assert_uint_eq(send(INITIALIZE), 0x9000);
    ck_assert_uint_eq(send("00 D7 2F 03 09 54 02 00 00 53 03 30 01 00"), 0x9000);
    ck_assert_uint_eq(send("00 A4 04 0C 0B E82B0601040181C31F0201"), 0x9000);
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x63C3);
}
END_TEST

START_TEST(a_new_channel_replaces_the_old_one)
{
    open_channel();
    struct channel old = channel;
    open_channel();
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x63C3);
    channel = old;
    uint8_t room[128];
    ck_assert_uint_eq(status_of(card_fixture_send(&f, seal(VERIFY_USER_QUERY, room, sizeof room))),
                      0x6988);
}
END_TEST

START_TEST(an_answer_as_long_as_there_can_be)
{
    static uint8_t bytes[CARD_APDU_MAX], room[256];
    struct writer data = WRITER_OF(bytes);
    static char write[64 + 2 * 30000];
    strcpy(write, "00 D7 C4 01 00 7538 54 02 00 00 53 82 7530");
    memset(write + strlen(write), 'A', 60000);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    card_fixture_send_hex(&f, write);
    open_channel();
    struct span answer =
        card_fixture_send(&f, seal("00 B1 C4 01 00 0004 54020000 0000", room, sizeof room));
    ck_assert_uint_eq(judge(answer, &data), 0x6282);
    ck_assert_uint_eq(data.size, 30000);
}
END_TEST

/* --- What ends it --- */

static void log_in_through_channel(void)
{
    open_channel();
    ck_assert_uint_eq(send(VERIFY_USER), 0x9000);
    ck_assert(f.card->session.user);
}

static void assert_ended(void)
{
    ck_assert(!sm_is_open(f.card));
    ck_assert(!f.card->session.user);
    ck_assert(!f.card->session.pin);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER_QUERY), 0x63C3);
}

/* Byte by byte; each is refused, ends channel and login, and is recorded where it came that far. */
START_TEST(every_flipped_byte_ends_channel_and_login)
{
    uint8_t room[256], flipped[256];
    size_t size = 1;
    for (size_t at = 0; at < size; at++) {
        log_in_through_channel();
        struct span command = seal("00 B1 CD 05 04 54 02 00 00 00", room, sizeof room);
        size = command.size - 2; /* Le is not covered */
        memcpy(flipped, command.at, command.size);
        flipped[at] ^= 0x10;
        uint16_t status = status_of(card_fixture_send(&f, span_of(flipped, command.size)));
        ck_assert_msg(status != 0x9000 && status != 0x6282, "byte %zu passed", at);
        assert_ended();
    }
    ck_assert_uint_gt(size, 30);
}
END_TEST

START_TEST(a_forged_message_is_recorded)
{
    uint8_t room[256];
    log_in_through_channel();
    struct span command = seal(SIGN, room, sizeof room);
    room[command.size - 3] ^= 1; /* of the MAC */
    ck_assert_uint_eq(status_of(card_fixture_send(&f, command)), 0x6988);
    struct audit_record record = last_record();
    ck_assert_uint_eq(record.action, AUDIT_SECURE_CHANNEL);
    ck_assert_uint_eq(record.sw, 0x6988);
    ck_assert_uint_eq(record.role, AUDIT_USER);
    assert_ended();
    /* Afterwards there is no channel, and nothing to record. */
    uint64_t records = audit_head(f.store).size;
    ck_assert_uint_eq(status_of(card_fixture_send(&f, command)), 0x6987);
    ck_assert_uint_eq(audit_head(f.store).size, records);
}
END_TEST

START_TEST(a_message_without_mac_ends_it)
{
    log_in_through_channel();
    ck_assert_uint_eq(card_fixture_status(&f, "0C 20 00 81 03 97 01 00"), 0x6987);
    assert_ended();
}
END_TEST

START_TEST(a_replayed_message_ends_it)
{
    uint8_t room[256], bytes[64];
    struct writer data = WRITER_OF(bytes);
    log_in_through_channel();
    struct span command = seal(VERIFY_USER, room, sizeof room);
    ck_assert_uint_eq(judge(card_fixture_send(&f, command), &data), 0x9000);
    ck_assert_uint_eq(status_of(card_fixture_send(&f, command)), 0x6988);
    assert_ended();
}
END_TEST

START_TEST(a_message_out_of_order_ends_it)
{
    uint8_t first[256], second[256];
    log_in_through_channel();
    seal(VERIFY_USER, first, sizeof first);
    struct span command = seal(VERIFY_USER, second, sizeof second);
    ck_assert_uint_eq(status_of(card_fixture_send(&f, command)), 0x6988);
    assert_ended();
}
END_TEST

START_TEST(a_plain_command_ends_it_with_its_login)
{
    log_in_through_channel();
    ck_assert_uint_eq(card_fixture_status(&f, "00 B1 CD 05 04 54 02 00 00 01"), 0x6982);
    assert_ended();
}
END_TEST

START_TEST(something_that_is_no_command_ends_it)
{
    log_in_through_channel();
    ck_assert_uint_eq(card_fixture_status(&f, "0C 20"), 0x6700);
    assert_ended();
}
END_TEST

START_TEST(every_kind_of_login_is_bound)
{
    open_channel();
    ck_assert_uint_eq(send(VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 88"), 0x63CF);
    open_channel();
    ck_assert_uint_eq(send(INITIALIZE), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 D7 2F 03 09 54 02 00 00 53 03 30 01 00"), 0x6982);
}
END_TEST

/* It was made in the clear, and there it stays. */
START_TEST(a_login_from_before_the_channel_outlives_it)
{
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    open_channel();
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER_QUERY), 0x9000);
    ck_assert(!sm_is_open(f.card));
}
END_TEST

START_TEST(a_reset_ends_it)
{
    log_in_through_channel();
    card_reset(f.card);
    assert_ended();
}
END_TEST

/* --- Session PINs --- */

#define INITIALIZE_SESSION_PINS                                                                    \
    "80 50 00 00 19 80020005 8106363438323139 82083537363231383830 910103"
#define INITIALIZE_CLEARED_PINS                                                                    \
    "80 50 00 00 19 8002000D 8106363438323139 82083537363231383830 910103"
#define MAKE_SESSION_PIN  "80 5A 01 81 00"
#define CLEAR_SESSION_PIN "80 5A 00 81"

/* Gives VERIFY with it. */
static const char *make_session_pin(const char *initialise)
{
    static char verify[64];
    uint8_t bytes[64], hex_bytes[32];
    struct writer data = WRITER_OF(bytes), digits = WRITER_OF(hex_bytes);
    ck_assert_uint_eq(card_fixture_status(&f, initialise), 0x9000);
    card_reset(f.card);
    open_channel();
    ck_assert_uint_eq(send(MAKE_SESSION_PIN), 0x6982);
    ck_assert_uint_eq(send(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(send_sealed(MAKE_SESSION_PIN, &data), 0x9000);
    ck_assert_uint_eq(data.size, 8);
    for (size_t i = 0; i < data.size; i++)
        ck_assert(bytes[i] >= '0' && bytes[i] <= '9');
    write_hex(&digits, written(&data));
    snprintf(verify, sizeof verify, "00 20 00 81 08 %.16s", (const char *)hex_bytes);
    return verify;
}

START_TEST(session_pin_serves_until_a_reset)
{
    const char *verify = make_session_pin(INITIALIZE_SESSION_PINS);
    ck_assert_uint_eq(last_record().action, AUDIT_SESSION_PIN);
    ck_assert_uint_eq(card_fixture_status(&f, "00 A4 04 0C 0B E82B0601040181C31F0201"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER_QUERY), 0x63C3);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER_QUERY), 0x9000);
    ck_assert_uint_eq(last_record().action, AUDIT_USER_LOGIN);
    ck_assert_uint_eq(last_record().role, AUDIT_USER);
    card_reset(f.card);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x63C2);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}
END_TEST

START_TEST(session_pin_outlives_a_reset_until_it_is_cleared)
{
    const char *verify = make_session_pin(INITIALIZE_CLEARED_PINS);
    card_reset(f.card);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, CLEAR_SESSION_PIN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x63C2);
    verify = make_session_pin(INITIALIZE_CLEARED_PINS);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x63C2);
}
END_TEST

/* A new user PIN ends it; tries are spent on guesses at either, and when none is left neither
 * serves; the old PIN of CHANGE is the user PIN itself. */
START_TEST(session_pin_opens_nothing_that_the_pin_would_not)
{
    const char *verify = make_session_pin(INITIALIZE_CLEARED_PINS);
    ck_assert_uint_eq(card_fixture_status(&f, "00 24 00 81 0C 363438323139 313233343536"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x63C2);

    verify = make_session_pin(INITIALIZE_CLEARED_PINS);
    char change[64];
    snprintf(change, sizeof change, "00 24 00 81 0E %s 313233343536", verify + 15);
    ck_assert_uint_eq(card_fixture_status(&f, change), 0x63C2);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81 06 313131313131"), 0x63C1);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81 06 313131313131"), 0x63C0);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x6983);

    verify = make_session_pin(INITIALIZE_CLEARED_PINS);
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE_CLEARED_PINS), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x63C2);
}
END_TEST

/* --- Opening --- */

/* The python client of protocol.md 12.6 knows this curve alone. */
START_TEST(device_key_on_p256_when_asked_for)
{
    struct store *store = NULL;
    struct store_refusal why;
    card_fixture_deinit(&f);
    ck_assert_int_eq(store_create(&(struct store_place){ 0 }, &store, &why), 0);
    card_fixture_attach(&f, store);
    f.env.device_curve = curve_by_name("P-256");
    ck_assert_int_eq(device_personalise(&f.env, NULL), 0);
    card_fixture_power_on(&f);
    device_curve = "P-256";
    open_channel();
    ck_assert_uint_eq(send(INITIALIZE), 0x9000);
}
END_TEST

START_TEST(bad_points_open_nothing)
{
    uint8_t point[65] = { 4 };
    uint8_t room[256];
    struct span good;
    struct live_key *key = make_key(room, sizeof room, &good);
    live_key_close(&key);
    ck_assert_uint_eq(status_of(authenticate(good)), 0x6985); /* nothing was chosen */
    ck_assert_uint_eq(card_fixture_status(&f, CHOOSE_CHANNEL), 0x9000);
    ck_assert_uint_eq(status_of(authenticate(SPAN_OF(point))), 0x6A80);
    ck_assert(!sm_is_open(f.card));
    ck_assert_uint_eq(status_of(authenticate(good)), 0x6985); /* once for each choice */
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "card channel", set_up, tear_down, everything_goes_through_the_channel,
        records_show_the_command_as_executed, channel_survives_initialize_and_select,
        a_new_channel_replaces_the_old_one, an_answer_as_long_as_there_can_be,
        every_flipped_byte_ends_channel_and_login, a_forged_message_is_recorded,
        a_message_without_mac_ends_it, a_replayed_message_ends_it, a_message_out_of_order_ends_it,
        a_plain_command_ends_it_with_its_login, something_that_is_no_command_ends_it,
        every_kind_of_login_is_bound, a_login_from_before_the_channel_outlives_it, a_reset_ends_it,
        session_pin_serves_until_a_reset, session_pin_outlives_a_reset_until_it_is_cleared,
        session_pin_opens_nothing_that_the_pin_would_not, device_key_on_p256_when_asked_for,
        bad_points_open_nothing);
}
