/* SPDX-License-Identifier: Apache-2.0 */
/* formats/channel: the worked example of docs/protocol.md 11.3, and what else must not pass. */
#include "formats/channel.h"

#include <string.h>

#include "crypto/crypto.h"
#include "tests/support/suite.h"

static const uint8_t shared[32] = { [0 ... 31] = 0x11 };
static const uint8_t nonce[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static struct channel host, card;

#define PROTECTED_VERIFY "0C2000811D8711010091C61B87CA3C7413E73ED05DACD63F8E08DB03209D249D5C2F00"
#define PROTECTED_ANSWER "990290008E08379F740E8C711D56"

static void open_both(void)
{
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(channel_derive(SPAN_OF(shared), SPAN_OF(nonce), &host), 0);
    card = host;
}

static struct span hex(const char *text, uint8_t *room, size_t size)
{
    struct writer out = writer_of(room, size);
    ck_assert(hex_decode(text, &out));
    return written(&out);
}

static void expect(struct span got, const char *text)
{
    uint8_t bytes[512];
    struct span wanted = hex(text, bytes, sizeof bytes);
    ck_assert_uint_eq(got.size, wanted.size);
    ck_assert_mem_eq(got.at, wanted.at, wanted.size);
}

static struct apdu parsed(struct span command)
{
    struct apdu apdu;
    ck_assert(apdu_parse(command, &apdu));
    return apdu;
}

/* As a host sends it. */
static struct span sealed(const char *text, uint8_t *room, size_t size)
{
    uint8_t plain[256], scratch[1024];
    struct apdu apdu = parsed(hex(text, plain, sizeof plain));
    struct writer out = writer_of(room, size), work = WRITER_OF(scratch);
    ck_assert_int_eq(channel_seal_command(&host, &apdu, &work, &out), 0);
    ck_assert(!out.full);
    return written(&out);
}

static int open_command(struct span command, struct writer *plain, struct apdu *out)
{
    struct apdu apdu;
    return apdu_parse(command, &apdu) && channel_protects(&apdu)
               ? channel_open_command(&card, &apdu, plain, out)
               : CHANNEL_UNPROTECTED;
}

START_TEST(keys_of_the_worked_example)
{
    expect(SPAN_OF(host.encryption), "612CE48AC38E0A04326D94B9562A4898");
    expect(SPAN_OF(host.mac), "9F8B03D35024906489920FC23501A47C");
    expect(SPAN_OF(host.number), "00000000000000000000000000000000");
}
END_TEST

START_TEST(command_of_the_worked_example_either_way)
{
    uint8_t bytes[128], room[128];
    expect(sealed("00200081 06 363438323139", bytes, sizeof bytes), PROTECTED_VERIFY);

    struct writer plain = WRITER_OF(room);
    struct apdu apdu;
    ck_assert_int_eq(open_command(hex(PROTECTED_VERIFY, bytes, sizeof bytes), &plain, &apdu), 0);
    ck_assert_uint_eq(apdu.cla, 0);
    ck_assert_uint_eq(apdu.ins, 0x20);
    ck_assert(!apdu.le_present);
    expect(apdu.data, "363438323139");
}
END_TEST

START_TEST(answer_of_the_worked_example_either_way)
{
    uint8_t bytes[128], room[128];
    struct writer out = WRITER_OF(bytes), work = WRITER_OF(room);
    sealed("00200081 06 363438323139", room, sizeof room);
    card = host; /* which has counted the command */
    ck_assert_int_eq(channel_seal_answer(&card, (struct span){ 0 }, 0x9000, &work, &out), 0);
    expect(written(&out), PROTECTED_ANSWER);

    uint16_t status;
    ck_assert_int_eq(channel_open_answer(&host, written(&out), &work, &status), 0);
    ck_assert_uint_eq(status, 0x9000);
    ck_assert_uint_eq(work.size, 0);
}
END_TEST

/* Odd instructions carry the cipher text in 85, without a byte before it. */
START_TEST(odd_instructions_and_le)
{
    uint8_t bytes[128], room[128];
    struct span command = sealed("00B12F02 04 54020000 00", bytes, sizeof bytes);
    struct apdu outer = parsed(command), inner;
    ck_assert_uint_eq(outer.data.at[0], 0x85);
    ck_assert_uint_eq(outer.data.at[1], 0x10);
    ck_assert_uint_eq(outer.le, APDU_LE_MAX);
    struct writer plain = WRITER_OF(room);
    ck_assert_int_eq(open_command(command, &plain, &inner), 0);
    expect(inner.data, "54020000");
    ck_assert_uint_eq(inner.le, 256);
}
END_TEST

/* The python client of protocol.md 12.6: a MAC of 16 bytes, 97 with two bytes, and one padding
 * block where there is no data. Computed by the rules of 11.3 with another implementation of AES
 * and CMAC (python3-cryptography). */
START_TEST(macs_of_sixteen_bytes)
{
    uint8_t bytes[128], room[128];
    struct span command =
        hex("0C200081 000029 871101C49E8F438A8EF8EF8A73E05EDDD7E1BC 97020000"
            "8E10F0ED7A49785AD7ACDA39F63D375C4F2C 0000",
            bytes, sizeof bytes);
    struct writer plain = WRITER_OF(room);
    struct apdu inner;
    ck_assert_int_eq(open_command(command, &plain, &inner), 0);
    ck_assert_uint_eq(inner.data.size, 0);
    ck_assert_uint_eq(inner.le, APDU_LE_MAX);
}
END_TEST

/* The worked example again, with its MAC cut later. */
START_TEST(a_mac_is_as_long_as_asked_for)
{
    uint8_t plain_bytes[64], scratch[1024], room[128], bytes[128];
    const struct apdu apdu = parsed(hex("0020008106363438323139", plain_bytes, sizeof plain_bytes));
    struct writer out = WRITER_OF(bytes), work = WRITER_OF(scratch), plain = WRITER_OF(room);
    struct apdu inner;
    ck_assert_int_eq(channel_seal_command_with(&host, &apdu, CHANNEL_BLOCK, &work, &out), 0);
    ck_assert_uint_eq(out.size, sizeof PROTECTED_VERIFY / 2 + 8);
    expect(span_part(written(&out), 24, 10), "8E10 DB03209D249D5C2F");
    ck_assert_int_eq(open_command(written(&out), &plain, &inner), 0);
    expect(inner.data, "363438323139");
}
END_TEST

START_TEST(every_flipped_bit_of_a_command_is_refused)
{
    uint8_t bytes[128], flipped[128], room[128];
    struct span command = sealed("00B12F02 04 54020000 00", bytes, sizeof bytes);
    const struct channel before = card;
    for (size_t bit = 0; bit < 8 * command.size; bit++) {
        /* The Le field, which protection does not cover, asks for room and no more. */
        if (bit / 8 >= command.size - 2)
            continue;
        memcpy(flipped, command.at, command.size);
        flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct writer plain = WRITER_OF(room);
        struct apdu apdu;
        card = before;
        ck_assert_int_gt(open_command(span_of(flipped, command.size), &plain, &apdu), 0);
    }
}
END_TEST

START_TEST(every_flipped_bit_of_an_answer_is_refused)
{
    uint8_t bytes[128], flipped[128], room[128];
    struct writer out = WRITER_OF(bytes), work = WRITER_OF(room);
    ck_assert_int_eq(channel_seal_answer(&card, SPAN_OF(nonce), 0x9000, &work, &out), 0);
    const struct channel before = host;
    for (size_t bit = 0; bit < 8 * out.size; bit++) {
        memcpy(flipped, bytes, out.size);
        flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct writer data = WRITER_OF(room);
        uint16_t status = 0;
        host = before;
        ck_assert_int_gt(channel_open_answer(&host, span_of(flipped, out.size), &data, &status), 0);
        ck_assert_uint_eq(status, 0);
    }
}
END_TEST

START_TEST(truncated_messages_and_short_macs_are_refused)
{
    uint8_t bytes[128], room[128];
    struct span command = sealed("00200081 06 363438323139", bytes, sizeof bytes);
    struct apdu whole = parsed(command), apdu;
    const struct channel before = card;
    for (size_t size = 0; size < whole.data.size; size++) {
        struct apdu cut = whole;
        struct writer plain = WRITER_OF(room);
        cut.data.size = size;
        card = before;
        ck_assert_int_gt(channel_open_command(&card, &cut, &plain, &apdu), 0);
    }
    /* A MAC of seven bytes, all of them right. */
    bytes[5 + whole.data.size - 9] = 7;
    whole.data.size--;
    struct writer plain = WRITER_OF(room);
    card = before;
    ck_assert_int_eq(channel_open_command(&card, &whole, &plain, &apdu), CHANNEL_BROKEN);
}
END_TEST

START_TEST(replayed_and_reordered_commands_are_refused)
{
    uint8_t first_bytes[128], second_bytes[128], room[256];
    struct span first = sealed("00200081", first_bytes, sizeof first_bytes);
    sealed("00200081", room, sizeof room); /* the number of an answer */
    struct span third = sealed("00200081", second_bytes, sizeof second_bytes);
    const struct channel before = card;
    struct writer plain = WRITER_OF(room);
    struct apdu apdu;
    ck_assert_int_eq(open_command(third, &plain, &apdu), CHANNEL_BROKEN);
    card = before;
    ck_assert_int_eq(open_command(first, &plain, &apdu), 0);
    ck_assert_int_eq(open_command(first, &plain, &apdu), CHANNEL_BROKEN);
}
END_TEST

/* What is said to fit does; of the largest message nothing is given away. */
START_TEST(answers_fit_the_room_that_is_told)
{
    static uint8_t data[600], out_bytes[700], room_bytes[700];
    ck_assert_uint_eq(channel_answer_max(65533), 65503);
    for (size_t room = 0; room < 600; room++) {
        struct writer out = writer_of(out_bytes, room), scratch = WRITER_OF(room_bytes);
        size_t most = channel_answer_max(room);
        if (!most)
            continue;
        ck_assert_int_eq(channel_seal_answer(&card, span_of(data, most), 0x9000, &scratch, &out),
                         0);
        ck_assert(!out.full);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "channel", open_both, NULL, keys_of_the_worked_example,
        command_of_the_worked_example_either_way, answer_of_the_worked_example_either_way,
        odd_instructions_and_le, macs_of_sixteen_bytes, a_mac_is_as_long_as_asked_for,
        every_flipped_bit_of_a_command_is_refused, every_flipped_bit_of_an_answer_is_refused,
        truncated_messages_and_short_macs_are_refused, replayed_and_reordered_commands_are_refused,
        answers_fit_the_room_that_is_told);
}
