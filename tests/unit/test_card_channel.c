/* SPDX-License-Identifier: Apache-2.0 */
/* The card's side of the channel: what goes through it, and what ends it (protocol.md 11.2, 11.3).
 * Messages are made with formats/channel.c, which the worked example of 11.3 proves. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/device.h"
#include "card-os/sm.h"
#include "crypto/crypto.h"
#include "crypto/curve_parameters.h"
#include "formats/cvc.h"
#include "storage/audit.h"
#include "tests/support/host_channel.h"
#include "tests/support/suite.h"

#define SIGN "80 68 02 70 20 " HASH " 00"

static struct card_fixture f;
static struct channel channel;

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

static void open_channel(void)
{
    host_channel_open(&f, &channel);
}

static struct span seal(const char *text, uint8_t *room, size_t size)
{
    uint8_t plain[4096];
    struct writer bytes = WRITER_OF(plain), out = writer_of(room, size);
    ck_assert(hex_decode(text, &bytes));
    return host_channel_seal(&channel, written(&bytes), &out);
}

/* The answer's data is in card_fixture_data(). */
static uint16_t send(const char *text)
{
    uint8_t room[8192];
    card_fixture_send(&f, seal(text, room, sizeof room));
    return host_channel_take(&f, &channel);
}

static struct audit_record last_record(void)
{
    return card_fixture_last_record(&f);
}

/* --- Through it --- */

START_TEST(everything_goes_through_the_channel)
{
    uint64_t records = audit_head(f.store).size;
    open_channel();
    ck_assert_uint_eq(audit_head(f.store).size, records); /* who opens it has shown nothing yet */
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x63C3);
    ck_assert_uint_eq(send(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x9000);
    ck_assert_uint_eq(send(GENERATE_P256), 0x9000);
    ck_assert_uint_eq(card_fixture_data(&f).at[0], CVC_AUTHENTICATED_REQUEST);
    ck_assert_uint_eq(send(SIGN), 0x9000);
    ck_assert_uint_eq(card_fixture_data(&f).at[0], 0x30);
    ck_assert_uint_eq(send("00 D7 CD 05 08 54 02 00 00 53 02 30 00"), 0x9000);
    ck_assert_uint_eq(send("00 B1 CD 05 04 54 02 00 00 00"), 0x6282);
    ck_assert_uint_eq(card_fixture_data(&f).size, 2);
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
    ck_assert_uint_eq(
        answer_status(card_fixture_send(&f, seal(VERIFY_USER_QUERY, room, sizeof room))), 0x6988);
}
END_TEST

/* Also when it was asked for through the old one, which is spoken to the end. */
START_TEST(a_new_channel_can_be_opened_through_the_old_one)
{
    struct channel old;
    open_channel();
    old = channel;
    host_channel_open_through(&f, &old, &channel);
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x63C3);
    ck_assert_uint_eq(send(VERIFY_USER), 0x9000);
}
END_TEST

START_TEST(an_answer_as_long_as_there_can_be)
{
    static char write[64 + 2 * 30000];
    strcpy(write, "00 D7 C4 01 00 7538 54 02 00 00 53 82 7530");
    memset(write + strlen(write), 'A', 60000);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    card_fixture_send_hex(&f, write);
    open_channel();
    ck_assert_uint_eq(send("00 B1 C4 01 00 0004 54020000 0000"), 0x6282);
    ck_assert_uint_eq(card_fixture_data(&f).size, 30000);
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
/* Up to what fits into one message with its protection: 16 bytes more cannot be sent, and what can
 * be sent can be answered. */
START_TEST(cipher_text_as_long_as_there_can_be)
{
    static uint8_t zeros[65488];
    static const size_t sizes[] = { 16, 65440, 65456, 65472, 65488 };
    open_channel();
    ck_assert_uint_eq(send(INITIALIZE), 0x9000);
    ck_assert_uint_eq(send("00 48 06 B2"), 0x9000);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct span data = span_of(zeros, sizes[i]);
        ck_assert_uint_eq(host_channel_command(&f, &channel, 0x80780610, data), 0x9000);
        ck_assert_uint_eq(card_fixture_data(&f).size, sizes[i]);
    }
}
END_TEST

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
        uint16_t status = answer_status(card_fixture_send(&f, span_of(flipped, command.size)));
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
    ck_assert_uint_eq(answer_status(card_fixture_send(&f, command)), 0x6988);
    struct audit_record record = last_record();
    ck_assert_uint_eq(record.action, AUDIT_SECURE_CHANNEL);
    ck_assert_uint_eq(record.sw, 0x6988);
    ck_assert_uint_eq(record.role, AUDIT_USER);
    assert_ended();
    /* Afterwards there is no channel, and nothing to record. */
    uint64_t records = audit_head(f.store).size;
    ck_assert_uint_eq(answer_status(card_fixture_send(&f, command)), 0x6987);
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
    uint8_t room[256];
    log_in_through_channel();
    struct span command = seal(VERIFY_USER, room, sizeof room);
    card_fixture_send(&f, command);
    ck_assert_uint_eq(host_channel_take(&f, &channel), 0x9000);
    ck_assert_uint_eq(answer_status(card_fixture_send(&f, command)), 0x6988);
    assert_ended();
}
END_TEST

START_TEST(a_message_out_of_order_ends_it)
{
    uint8_t first[256], second[256];
    log_in_through_channel();
    seal(VERIFY_USER, first, sizeof first);
    struct span command = seal(VERIFY_USER, second, sizeof second);
    ck_assert_uint_eq(answer_status(card_fixture_send(&f, command)), 0x6988);
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

START_TEST(a_refused_login_binds_no_other)
{
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    open_channel();
    ck_assert_uint_eq(send("00 20 00 88 08 3131313131313131"), 0x63CE);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER_QUERY), 0x9000);
}
END_TEST

START_TEST(a_reset_ends_it)
{
    log_in_through_channel();
    card_reset(f.card);
    assert_ended();
}
END_TEST

static int no_random(void *context, uint8_t *out, size_t size)
{
    (void)context, (void)out, (void)size;
    return FAULT_LIBRARY;
}

/* Without a record there is no login, and nothing else changes either. */
START_TEST(what_cannot_be_recorded_changes_nothing)
{
    struct env working = f.env;
    log_in_through_channel();
    f.env.random = no_random;
    ck_assert_uint_eq(send(VERIFY_USER), 0x6F00);
    f.env = working;
    ck_assert(sm_is_open(f.card));
    ck_assert_uint_eq(send(VERIFY_USER_QUERY), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER_QUERY), 0x63C2); /* it costs a try */
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
    uint8_t hex_bytes[32];
    struct writer digits = WRITER_OF(hex_bytes);
    ck_assert_uint_eq(card_fixture_status(&f, initialise), 0x9000);
    card_reset(f.card);
    open_channel();
    ck_assert_uint_eq(send(MAKE_SESSION_PIN), 0x6982);
    ck_assert_uint_eq(send(VERIFY_USER), 0x9000);
    ck_assert_uint_eq(send(MAKE_SESSION_PIN), 0x9000);
    struct span pin = card_fixture_data(&f);
    ck_assert_uint_eq(pin.size, 8);
    for (size_t i = 0; i < pin.size; i++)
        ck_assert(pin.at[i] >= '0' && pin.at[i] <= '9');
    write_hex(&digits, pin);
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
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81 06 313131313131"), 0x6983);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x6983);

    verify = make_session_pin(INITIALIZE_CLEARED_PINS);
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE_CLEARED_PINS), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x63C2);
}
END_TEST

/* A refused one leaves the older in force. */
START_TEST(session_pin_is_made_whole_or_not)
{
    const char *verify = make_session_pin(INITIALIZE_SESSION_PINS);
    card_fixture_fail_random_once(&f);
    ck_assert_uint_eq(send(MAKE_SESSION_PIN), 0x6F00);
    ck_assert_uint_eq(card_fixture_status(&f, verify), 0x9000);
}
END_TEST

static bool is_live(void)
{
    for (size_t i = 0; i < LIVE_KEYS; i++)
        if (f.card->live.slots[i].live)
            return true;
    return false;
}

START_TEST(power_off_and_initialize_leave_no_secrets)
{
    make_session_pin(INITIALIZE_CLEARED_PINS);
    ck_assert_ptr_nonnull(f.card->secrets[HELD_SESSION_PIN].at);
    ck_assert_uint_eq(card_fixture_status(&f,
                                          "80 50 00 00 15 80020001 82083537363231383830 910103 "
                                          "93020302"),
                      0x9000);
    ck_assert_ptr_null(f.card->secrets[HELD_SESSION_PIN].at);

    make_session_pin(INITIALIZE_CLEARED_PINS);
    ck_assert(is_live()); /* the device key opened the channel */
    card_deinit(f.card);
    ck_assert_ptr_null(f.card->secrets[HELD_SESSION_PIN].at);
    ck_assert(!is_live());
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
    open_channel();
    ck_assert_uint_eq(send(INITIALIZE), 0x9000);
}
END_TEST

START_TEST(bad_points_open_nothing)
{
    uint8_t point[65] = { 4 };
    struct curve_storage storage;
    struct domain_parameters curve;
    ck_assert_int_eq(curve_parameters(curve_by_name("brainpoolP256r1"), &storage, &curve), 0);
    struct span good = curve.generator;
    ck_assert_uint_eq(host_channel_authenticate(&f, good), 0x6985); /* nothing was chosen */
    ck_assert_uint_eq(card_fixture_status(&f, CHOOSE_CHANNEL), 0x9000);
    ck_assert_uint_eq(host_channel_authenticate(&f, SPAN_OF(point)), 0x6A80);
    ck_assert(!sm_is_open(f.card));
    ck_assert_uint_eq(host_channel_authenticate(&f, good), 0x6985); /* once for each choice */
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "card channel", set_up, tear_down, everything_goes_through_the_channel,
        records_show_the_command_as_executed, channel_survives_initialize_and_select,
        a_new_channel_replaces_the_old_one, an_answer_as_long_as_there_can_be,
        cipher_text_as_long_as_there_can_be, every_flipped_byte_ends_channel_and_login,
        a_forged_message_is_recorded, a_message_without_mac_ends_it, a_replayed_message_ends_it,
        a_message_out_of_order_ends_it, a_plain_command_ends_it_with_its_login,
        something_that_is_no_command_ends_it, every_kind_of_login_is_bound,
        a_login_from_before_the_channel_outlives_it, a_reset_ends_it,
        session_pin_serves_until_a_reset, session_pin_outlives_a_reset_until_it_is_cleared,
        what_cannot_be_recorded_changes_nothing, a_new_channel_can_be_opened_through_the_old_one,
        a_refused_login_binds_no_other, session_pin_opens_nothing_that_the_pin_would_not,
        session_pin_is_made_whole_or_not, power_off_and_initialize_leave_no_secrets,
        device_key_on_p256_when_asked_for, bad_points_open_nothing);
}
