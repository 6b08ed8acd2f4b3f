/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: the secure channel (protocol.md 11.2, 11.3). */
#include "base/failure.h"
#include "base/tlv.h"
#include "host/client/chip_authentication.h"
#include "host/tool/conform/conform_certificates.h"
#include "host/tool/conform/conform_computed.h"

#define READ_SECRET "00 B1 CD 01 04 54 02 00 00 05"
#define THE_SECRET  "48 65 6C 6C 6F 90 00"
#define QUERY_PIN   "00 20 00 81"

/* --- Opening --- */

/* Computes the answer that the card has to give with the nonce in it. */
static int derive(const struct chip_authentication *meeting, struct span answer,
                  struct channel *out, struct talk_pattern *right)
{
    uint8_t token[CHANNEL_TOKEN_SIZE];
    struct reader in = reader_of(answer);
    struct reader dynamic = tlv_enter(&in, 0x7C);
    struct span nonce = tlv_expect(&dynamic, 0x81);
    talk_pattern_add(right, "7C 14 81 08 ");
    if (read_failed(&in) || nonce.size != CHANNEL_NONCE_SIZE) {
        talk_pattern_add(right, "{8} 82 08 {8} 90 00");
        return 0;
    }
    int r = channel_derive(meeting->x, nonce, out);
    if (!r)
        r = channel_token(out, meeting->own, token);
    if (r)
        return r;
    talk_pattern_bytes(right, nonce);
    talk_pattern_add(right, " 82 08 ");
    talk_pattern_bytes(right, SPAN_OF(token));
    talk_pattern_add(right, " 90 00");
    return 0;
}

/* Agrees on a channel: two steps. *out is the channel, still unused. */
static void agree(struct talk *t, struct channel *out)
{
    uint8_t bytes[CURVE_POINT_MAX + 8];
    SCOPED(chip_authentication_wipe) struct chip_authentication meeting = { 0 };
    struct writer data = WRITER_OF(bytes);
    struct talk_pattern right = { 0 };
    const struct cvc *device = &t->papers->device_read;
    talk_clauses(t, "11.2");
    talk_say(t, "00 22 41 A4 0C 80 0A 04 00 7F 00 07 02 02 03 02 02", "90 00");
    if (!talk_goes_on(t))
        return;
    talk_check(t, chip_authentication_on(device->key.point, device->spec.curve, &meeting));
    struct tlv_mark dynamic = tlv_open(&data, 0x7C);
    tlv_write(&data, 0x80, meeting.own);
    tlv_close(&data, dynamic);
    talk_send_command(t, 0x00860000, written(&data), 256);
    if (talk_goes_on(t))
        talk_check(t, derive(&meeting, talk_data(t), out, &right));
    talk_expect(t, right.text);
    if (!t->fits)
        talk_stop(t);
    talk_clauses(t, "11.3");
}

/* Opens a channel, as agree() does, through which all further steps go. */
static void open_channel(struct talk *t, struct channel *channel)
{
    t->channel = NULL;
    agree(t, channel);
    t->channel = channel;
}

/* Writes the protected message that the card would take next. */
static void seal(struct talk *t, struct channel *channel, const char *text, struct writer *out)
{
    uint8_t bytes[256], room_bytes[2048];
    struct writer command = WRITER_OF(bytes), room = WRITER_OF(room_bytes);
    struct apdu apdu;
    if (!hex_decode(text, &command) || !apdu_parse(written(&command), &apdu))
        return talk_check(t, failure(FAULT_BROKEN, "a command of ours"));
    talk_check(t, channel_seal_command(channel, &apdu, &room, out));
}

/* One step: a message of a channel that no longer exists is refused. */
static void expect_no_channel(struct talk *t, struct channel *channel)
{
    uint8_t bytes[256];
    struct writer command = WRITER_OF(bytes);
    t->channel = NULL;
    seal(t, channel, QUERY_PIN, &command);
    talk_send(t, written(&command));
    talk_asks(t, "NO_CHANNEL", NULL);
    talk_expect(t, "69 87");
}

/* One step: a login inside the channel does not hold for commands outside it. */
static void expect_no_login(struct talk *t)
{
    t->channel = NULL;
    talk_asks(t, "LOGIN_AFTER_CHANNEL", NULL);
    talk_say(t, READ_SECRET, "69 82");
}

/* Two steps: writes a file that only the user may read. */
static void write_secret(struct talk *t)
{
    talk_needs_device(t);
    talk_clauses(t, "2.3");
    talk_log_in(t);
    talk_say(t, "00 D7 CD 01 0B 54 02 00 00 53 05 48 65 6C 6C 6F", "90 00");
    talk_reset(t);
}

/* --- Commands through it --- */

/* Four steps: generates a key and signs, through the channel. */
static void sign_inside(struct talk *t)
{
    uint8_t bytes[1024];
    struct writer kept = WRITER_OF(bytes);
    struct cvc_request request;
    struct span contents;
    talk_clauses(t, "5.1 11.3");
    talk_generate(t, 1, "P-256", NULL, -1, "67 * 90 00");
    write_span(&kept, talk_data(t));
    bool good = talk_read_request(written(&kept), &contents, &request);
    talk_demand(t, good, "(a request)");
    if (!good)
        talk_stop(t);
    talk_clauses(t, "7.1 11.3");
    talk_say(t, "80 68 01 73 05 68 65 6C 6C 6F 00", "30 * 90 00");
    talk_demand(t, talk_goes_on(t) && talk_verifies(&request.inner, "hello", talk_data(t)),
                "(a signature by the key)");
}

void conform_channel(struct talk *t)
{
    SCOPED(channel_wipe) struct channel channel = { 0 };
    write_secret(t);
    open_channel(t, &channel);
    talk_say(t, QUERY_PIN, "63 C3");
    talk_say(t, READ_SECRET, "69 82");
    talk_say(t, "00 84 00 00 08", "{8} 90 00");
    talk_say(t, "00 20 00 81 06 30 30 30 30 30 30", "63 C2");
    talk_log_in(t);
    talk_say(t, QUERY_PIN, "90 00");
    talk_say(t, READ_SECRET, THE_SECRET);
    talk_say(t, "00 D7 CF 01 0A 54 02 00 00 53 04 57 6F 72 6C", "90 00");
    talk_say(t, "00 A4 00 00 02 CF 01 00", "6F * 80 02 00 04 * 90 00");
    talk_say(t, "00 B1 CF 01 04 54 02 00 01 00", "6F 72 6C 62 82 | 6F 72 6C 90 00");
    talk_say(t, "80 58 00 00 00 00 00", "* CF 01 * 90 00");
    talk_say(t, "80 68 7E 73 01 00 00", "6A 88 | 6A 82");
    sign_inside(t);
    talk_clauses(t, "5.2 7.1 11.3");
    talk_say(t, "00 48 02 B2 06 91 04 10 11 18 99", "90 00");
    talk_say(t, "80 78 02 10 10 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 00", "{16} 90 00");
    talk_clauses(t, "2.4 11.3");
    talk_say(t, "00 E4 02 00 02 CC 02", "90 00");
    talk_say(t, "00 E4 02 00 02 CC 02", "6A 82");
    talk_clauses(t, "11.3 15.1");
    talk_say(t, "00 F7 00 00", "6D 00");
}

/* --- The login in it --- */

void conform_channel_login(struct talk *t)
{
    SCOPED(channel_wipe) struct channel first = { 0 }, second = { 0 };
    write_secret(t);
    talk_log_in(t);
    open_channel(t, &first);
    talk_asks(t, "LOGIN_BEFORE_CHANNEL", "a login from before the channel, inside");
    talk_say(t, QUERY_PIN, "90 00 ~ 63 C3");

    talk_reset(t); /* after this, a plain command ends the channel */
    open_channel(t, &first);
    talk_log_in(t);
    talk_say(t, READ_SECRET, THE_SECRET);
    expect_no_login(t);
    talk_asks(t, "LOGIN_AFTER_CHANNEL", NULL);
    talk_say(t, QUERY_PIN, "63 C3");
    expect_no_channel(t, &first);

    talk_reset(t); /* after this, a reset ends it */
    open_channel(t, &first);
    talk_log_in(t);
    talk_reset(t);
    talk_say(t, READ_SECRET, "69 82");
    expect_no_channel(t, &first);

    talk_reset(t); /* after this, another channel ends it */
    open_channel(t, &first);
    talk_log_in(t);
    open_channel(t, &second);
    talk_asks(t, "LOGIN_AFTER_CHANNEL", NULL);
    talk_say(t, QUERY_PIN, "63 C3 ~ 90 00");
    t->channel = &first;
    talk_say(t, QUERY_PIN, "69 88");

    talk_reset(t);
    open_channel(t, &first);
    talk_log_in(t);
    talk_say(t, "00 A4 04 00 0B E8 2B 06 01 04 01 81 C3 1F 02 01 00", "6F * 90 00");
    talk_asks(t, "SELECT_IN_CHANNEL",
              "SELECT of the application through the channel leaves it open");
    talk_say(t, QUERY_PIN, "63 C3 ~ 69 87 | 69 88 | 68 82");
}

/* --- Forms that hosts have --- */

void conform_channel_forms(struct talk *t)
{
    SCOPED(channel_wipe) struct channel channel = { 0 };
    write_secret(t);
    open_channel(t, &channel);
    talk_clauses(t, "11.3 12.6");
    t->mac_size = CHANNEL_BLOCK;
    talk_asks(t, "LONG_MAC",
              "a command whose MAC is not cut to eight bytes, as one client sends it");
    talk_say(t, "00 20 00 81 06 36 34 38 32 31 39", "90 00 ~ 69 88 | 69 87");
    talk_asks(t, "LONG_MAC",
              "a command whose MAC is not cut to eight bytes, as one client sends it");
    talk_say(t, READ_SECRET, THE_SECRET " ~ 69 88 | 69 87");
    t->mac_size = TALK_MAC;
    talk_clauses(t, "11.3");
    talk_say(t, QUERY_PIN, "90 00");

    /* A MAC that is too short could be guessed. */
    for (t->mac_size = 0; t->mac_size < TALK_MAC; t->mac_size += 3) {
        size_t size = t->mac_size;
        talk_reset(t);
        t->mac_size = TALK_MAC;
        open_channel(t, &channel);
        talk_log_in(t);
        t->mac_size = size;
        talk_say(t, READ_SECRET, "69 88 | 69 87");
        expect_no_login(t);
    }
}

/* --- Messages that were altered on their way --- */

/* How a protected READ_SECRET, 0C B1 CD 01 Lc 85 10 .. 97 01 05 8E 08 .. 00, is altered. */
enum alteration {
    FLIP,      /* flip a bit of the byte `at`, counted from the end where it is negative */
    LEAVE_OUT, /* leave out the member with the tag `at` */
    REPEAT,    /* send the message before it once more */
    OVERTAKE,  /* send it before the message that should come first */
};
struct altered {
    enum alteration how;
    int at;
    const char *expected;
};
static const struct altered altered[] = {
    { FLIP, 3, "69 88" }, /* another file */
    { FLIP, 7, "69 88" }, /* first and last byte of the cipher text */
    { FLIP, 22, "69 88" },        { FLIP, 25, "69 88" }, /* Le */
    { FLIP, -9, "69 88" },                               /* first and last byte of the MAC */
    { FLIP, -2, "69 88" },        { LEAVE_OUT, 0x85, "69 88" }, { LEAVE_OUT, 0x97, "69 88" },
    { LEAVE_OUT, 0x8E, "69 87" }, { REPEAT, 0, "69 88" },       { OVERTAKE, 0, "69 88" },
};

static void flip(struct writer *command, int at)
{
    size_t place = at < 0 ? command->size - (size_t)-at : (size_t)at;
    struct reader in = reader_of(span_part(written(command), place, 1));
    const uint8_t flipped[] = { read_u8(&in) ^ 1 };
    write_over(command, place, SPAN_OF(flipped));
}

static void leave_out(struct writer *command, uint32_t tag)
{
    uint8_t bytes[256];
    struct writer members = WRITER_OF(bytes);
    struct apdu apdu;
    if (!apdu_parse(written(command), &apdu))
        return;
    struct reader in = reader_of(apdu.data);
    while (read_left(&in)) {
        struct tlv member = tlv_read(&in);
        if (member.tag != tag)
            write_span(&members, member.whole);
    }
    apdu.data = written(&members);
    write_trim(command, 0);
    apdu_write(&apdu, command);
}

/* Applies an alteration; before: the channel when the last good message was protected. */
static void alter(struct talk *t, const struct altered *row, struct channel before,
                  struct channel now, struct writer *out)
{
    if (row->how == OVERTAKE)
        seal(t, &now, QUERY_PIN, out);
    write_trim(out, 0);
    seal(t, row->how == REPEAT ? &before : &now, READ_SECRET, out);
    if (row->how == FLIP)
        flip(out, row->at);
    else if (row->how == LEAVE_OUT)
        leave_out(out, (uint32_t)row->at);
    channel_wipe(&before);
    channel_wipe(&now);
}

/* Tries one alteration: seven steps. */
static void try_altered(struct talk *t, const struct altered *row)
{
    uint8_t bytes[256];
    struct writer command = WRITER_OF(bytes);
    SCOPED(channel_wipe) struct channel channel = { 0 }, before = { 0 };
    talk_reset(t);
    open_channel(t, &channel);
    talk_log_in(t);
    before = channel;
    talk_say(t, READ_SECRET, THE_SECRET);
    alter(t, row, before, channel, &command);
    t->channel = NULL;
    talk_send(t, written(&command));
    talk_expect(t, row->expected);
    expect_no_channel(t, &channel);
    expect_no_login(t);
}

void conform_channel_altered(struct talk *t)
{
    write_secret(t);
    for (size_t i = 0; i < COUNT_OF(altered); i++)
        try_altered(t, &altered[i]);
}

/* --- Session PINs, which are only given out inside --- */

void conform_session_pin(struct talk *t)
{
    SCOPED(channel_wipe) struct channel channel = { 0 };
    uint8_t bytes[CLIENT_PIN_MAX];
    struct writer pin = WRITER_OF(bytes);
    talk_needs_device(t);
    talk_say(t,
             "80 50 00 00 19 80 02 00 05 81 06 36 34 38 32 31 39 82 08 35 37 36 32 31 38 38 30 "
             "91 01 03",
             "90 00");
    talk_reset(t);
    talk_log_in(t);
    open_channel(t, &channel);
    talk_log_in(t);
    talk_clauses(t, "3.6");
    talk_say(t, "80 5A 01 81 00", "{6} * 90 00");
    talk_needs_success(t);
    write_span(&pin, talk_data(t));
    t->channel = NULL;
    talk_say(t, QUERY_PIN, "63 C3");
    talk_command(t, 0x00200081, written(&pin), 0, "90 00");
    talk_reset(t);
    talk_command(t, 0x00200081, written(&pin), 0, "63 C2");
    talk_log_in(t);
}
