/* SPDX-License-Identifier: Apache-2.0 */
/* Who has no login, and sends whatever he likes as often as he likes: he fills neither log nor
 * medium, does not touch what is kept for a full medium, and breaks no command of anybody. */
#include <string.h>

#include "card-os/access.h"
#include "card-os/command.h"
#include "card-os/files.h"
#include "formats/apdu.h"
#include "storage/store.h"
#include "tests/support/host_channel.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#define FLOOD        20000
#define BYTES_A_1000 1024
#define SIGN         "80 68 02 70 20 " HASH " 00"
#define CHECKPOINT   "00 B1 D0 00 00 00 04 54 02 00 00 00 00"

static struct card_fixture f;

/* --- What his commands cost --- */

static unsigned reserve_uses;

void __real_store_use_reserve(struct store *s, bool to_its_end);
void __wrap_store_use_reserve(struct store *s, bool to_its_end);
void __wrap_store_use_reserve(struct store *s, bool to_its_end)
{
    reserve_uses++;
    __real_store_use_reserve(s, to_its_end);
}

/* --- What he sends --- */

static uint64_t chance = 1;

static unsigned draw(unsigned limit)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(chance >> 33) % limit;
}

static uint8_t within(struct range range)
{
    return (uint8_t)(range.min + range.step * draw((range.max - range.min) / range.step + 1));
}

/* Commands that hold a PIN: their tries come to an end by themselves. */
static bool tries_a_pin(const struct command *row)
{
    return row->traits & SECRET_IN && row->rule != DOMAIN_SECRET;
}

static void write_data(const struct command *row, struct writer *out)
{
    size_t most = row->data.max < 64 ? row->data.max : 64;
    size_t size =
        row->data.min + (most > row->data.min ? draw((unsigned)(most - row->data.min)) : 0);
    for (size_t i = 0; i < size; i++)
        write_u8(out, (uint8_t)draw(256));
}

/* What succeeds is in COMMANDS' list of what needs no login, which is printed from this
 * question. */
static void assert_listed(const struct command *row)
{
    bool listed = file_command(row) || sw_ok(access_check_facts(row->rule, FACTS_WITHOUT_LOGIN));
    ck_assert_msg(listed || answer_status(written(&f.answer)) != 0x9000, "%s needs no login",
                  row->name);
}

static void send_some(const struct command *row)
{
    uint8_t bytes[1400], data_bytes[1200];
    struct writer out = WRITER_OF(bytes), data = WRITER_OF(data_bytes);
    write_data(row, &data);
    apdu_write(&(struct apdu){ .cla = (uint8_t)(128 * draw(2)),
                               .ins = row->ins,
                               .p1 = within(row->p1),
                               .p2 = within(row->p2),
                               .data = written(&data),
                               .le_present = draw(2),
                               .le = 1 + draw(256) },
               &out);
    ck_assert(!out.full);
    card_fixture_send(&f, written(&out));
    ck_assert_int_eq(f.fault, 0);
    assert_listed(row);
}

/* What the log's lines and its tree take, at least as much as their bytes. */
static uint64_t log_bytes(void)
{
    return audit_head(f.store).size * (AUDIT_LINE_MAX + 8 * SHA256_SIZE);
}

static void set_up(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_P256), 0x9000);
    card_fixture_power_cycle(&f);
    reserve_uses = 0;
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
}

static void let_anybody_read_the_log(void)
{
    struct audit_policy policy = audit_policy(f.store);
    policy.reading = AUDIT_READ_FREELY;
    struct audit_record event = { .action = AUDIT_AUDIT_POLICY, .role = AUDIT_ADMIN, .sw = 0x9000 };
    ck_assert_int_eq(store_begin(f.store), 0);
    ck_assert_int_eq(audit_set_policy(f.store, &policy, &event), 0);
    ck_assert_int_eq(store_commit(f.store, false), 0);
}

/* What may be left when he is done. */
static void assert_unharmed(uint64_t bytes_before, unsigned commands)
{
    uint64_t allowed = commands / 1000 * BYTES_A_1000;
    ck_assert_msg(log_bytes() - bytes_before <= allowed, "%u commands left %ju bytes", commands,
                  (uintmax_t)(log_bytes() - bytes_before));
    ck_assert_uint_eq(reserve_uses, 0);
    card_reset(f.card);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
}

/* Each row beside each other one, in any order. */
START_TEST(commands_of_every_row_fill_nothing)
{
    if (_i)
        let_anybody_read_the_log();
    uint64_t before = log_bytes();
    for (unsigned sent = 0; sent < FLOOD;) {
        const struct command *row = command_at(draw((unsigned)command_count()));
        if (tries_a_pin(row))
            continue;
        send_some(row);
        sent++;
        if (draw(20) == 0)
            card_reset(f.card);
    }
    assert_unharmed(before, FLOOD);
}
END_TEST

/* What succeeds without login and leaves a trace. */
START_TEST(channels_and_readings_beside_refusals_fill_nothing)
{
    struct channel channel;
    let_anybody_read_the_log();
    uint64_t before = log_bytes();
    for (unsigned i = 0; i < 2000; i++) {
        host_channel_open(&f, &channel);
        ck_assert_uint_eq(card_fixture_status(&f, i % 2 ? SIGN : "80 68 01 70 20 " HASH " 00"),
                          0x6982);
        card_fixture_status(&f, CHECKPOINT);
        ck_assert_int_eq(f.fault, 0);
        card_fixture_status(&f, i % 3 ? "0C 20 00 81 00" : "0C 84 00 00 00"); /* no channel */
        card_reset(f.card);
    }
    assert_unharmed(before, 2000);
}
END_TEST

/* All his wrong PINs are told: each has a line. */
START_TEST(wrong_pins_are_told_among_everything_else)
{
    for (unsigned i = 0; i < 40; i++) {
        card_fixture_status(&f, i % 2 ? SIGN : "00 B1 CD 01 00 00 04 54 02 00 00 00 00");
        if (i % 20 == 10)
            ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 88 08 3131313131313131") & 0xFFF0,
                              0x63C0);
    }
    unsigned told = 0;
    for (uint64_t seq = 1; seq <= audit_head(f.store).size; seq++) {
        struct audit_record record = stores_record(f.store, seq);
        told += record.action == AUDIT_SO_LOGIN && record.sw != 0x9000;
    }
    ck_assert_uint_eq(told, 2);
}
END_TEST

/* What waits to be told as one is made a line by who reads it, whoever that is and whatever the
 * reading is recorded as. */
START_TEST(reading_the_log_after_equal_refusals_breaks_nothing)
{
    static const char *const files[] = { CHECKPOINT, "00 B1 D0 01 00 00 04 54 02 00 00 00 00",
                                         "00 B1 D1 00 00 00 04 54 02 00 00 00 00" };
    bool logged_in = _i % 2;
    if (!logged_in)
        let_anybody_read_the_log();
    else
        ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    for (unsigned round = 0; round < 4; round++)
        for (size_t i = 0; i < COUNT_OF(files); i++) {
            for (unsigned refused = 0; refused < round; refused++)
                ck_assert_uint_eq(card_fixture_status(&f, "80 68 09 70 20 " HASH " 00") & 0xFF00,
                                  logged_in ? 0x6A00 : 0x6900);
            uint16_t status = card_fixture_status(&f, files[i]);
            ck_assert_msg(status == 0x6282 || status == 0x9000, "%s: %04X", files[i], status);
            ck_assert_int_eq(f.fault, 0);
        }
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("no login");
    TCase *all = tcase_create("no login");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(all, commands_of_every_row_fill_nothing, 0, 2);
    tcase_add_test(all, channels_and_readings_beside_refusals_fill_nothing);
    tcase_add_test(all, wrong_pins_are_told_among_everything_else);
    tcase_add_loop_test(all, reading_the_log_after_equal_refusals_breaks_nothing, 0, 2);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
