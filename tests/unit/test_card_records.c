/* SPDX-License-Identifier: Apache-2.0 */
/* What the card's commands leave in the log, and that nothing leaves the card without it. */
#include <openssl/sha.h>
#include <string.h>

#include "base/failure.h"
#include "card-os/key_record.h"
#include "card-os/keys.h"
#include "storage/audit.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

static struct card_fixture f;

static void log_in(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}

static void log_out(void)
{
    card_fixture_deinit(&f);
}

/* Key 02. */
static void make_key(void)
{
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_P256), 0x9000);
}

struct last_line {
    struct audit_record record;
    uint64_t count;
};

static bool keep_last(void *context, uint64_t seq, struct span line)
{
    struct last_line *last = context;
    ck_assert(audit_record_read(line, &last->record));
    ck_assert_uint_eq(last->record.seq, seq);
    last->count++;
    return true;
}

static struct audit_record last_record(void)
{
    struct last_line last = { 0 };
    ck_assert_int_eq(audit_read(f.store, 1, keep_last, &last), 0);
    ck_assert_uint_eq(last.count, audit_head(f.store).size);
    return last.record;
}

START_TEST(signature_leaves_a_record_of_key_and_digest)
{
    make_key();
    uint8_t hash[32], digest[32];
    for (size_t i = 0; i < sizeof hash; i++)
        hash[i] = (uint8_t)i;
    SHA256(hash, sizeof hash, digest);
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 02 70 00 00 20" HASH "02 00"), 0x9000);
    struct audit_record record = last_record();
    ck_assert_uint_eq(record.action, AUDIT_SIGN);
    ck_assert_uint_eq(record.sw, 0x9000);
    ck_assert_uint_eq(record.role, AUDIT_USER);
    ck_assert_uint_eq(record.object, 0xCC02);
    ck_assert(span_equal(SPAN_OF(record.digest), SPAN_OF(digest)));
    ck_assert(span_equal(SPAN_OF(record.command), SPAN_OF(((uint8_t[]){ 0x80, 0x68, 2, 0x70 }))));
    ck_assert(!span_is_zero(SPAN_OF(record.key)));
    card_fixture_power_cycle(&f); /* the key's name is stored with it */
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 02 70 00 00 20" HASH "02 00"), 0x9000);
    ck_assert(span_equal(SPAN_OF(last_record().key), SPAN_OF(record.key)));
}
END_TEST

START_TEST(refusals_and_failed_logins_leave_records_without_digests)
{
    static const struct {
        const char *command;
        uint16_t sw;
        enum audit_action action;
    } cases[] = {
        { "00 20 00 81 06 31 31 31 31 31 31", 0x63C2, AUDIT_USER_LOGIN },
        { "80 68 02 70 01 00", 0x6982, AUDIT_SIGN },
        { "80 62 01 21 01 00", 0x6982, AUDIT_DECIPHER },
        { "00 B1 CD 05 04 54 02 00 00 00", 0x6982, AUDIT_FILE_READ },
        { "00 20 00 88 08 31 31 31 31 31 31 31 31", 0x63CE, AUDIT_SO_LOGIN },
        { "80 50 00 00 19 80 02 00 01 81 06 31 31 31 31 31 31 82 08 31 31 31 31 31 31 31 31 91 01 "
          "03",
          0x63CD, AUDIT_INITIALIZE },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        card_fixture_power_cycle(&f); /* or those of nobody would be told as one */
        uint64_t before = audit_head(f.store).size;
        ck_assert_uint_eq(card_fixture_status(&f, cases[i].command), cases[i].sw);
        struct audit_record record = last_record();
        ck_assert_uint_eq(record.seq, before + 1);
        ck_assert_uint_eq(record.action, cases[i].action);
        ck_assert_uint_eq(record.sw, cases[i].sw);
        ck_assert(span_is_zero(SPAN_OF(record.digest)));
    }
}
END_TEST

START_TEST(records_name_who_was_authorised)
{
    static const struct {
        const char *command;
        enum audit_role role;
    } cases[] = {
        { VERIFY_USER, AUDIT_USER },
        { VERIFY_OFFICER, AUDIT_OFFICER },
        { INITIALIZE, AUDIT_OFFICER }, /* by the SO-PIN inside, whoever is logged in */
        { "00 20 00 81 06 31 31 31 31 31 31", AUDIT_NOBODY },
        { "80 68 02 70 01 00", AUDIT_NOBODY },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        card_reset(f.card);
        card_fixture_send_hex(&f, cases[i].command);
        ck_assert_uint_eq(last_record().role, cases[i].role);
    }
}
END_TEST

START_TEST(signature_is_the_users_even_with_the_officer_logged_in)
{
    make_key();
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "80 68 02 70 20" HASH "00"), 0x9000);
    ck_assert_uint_eq(last_record().role, AUDIT_USER);
}
END_TEST

START_TEST(commands_that_change_nothing_leave_no_record)
{
    static const char *const commands[] = {
        "00 A4 04 00 0B E8 2B 06 01 04 01 81 C3 1F 02 01 00",
        "00 B1 2F 02 04 54 02 00 00 00",
        "80 58 00 00 00",
        "00 20 00 81",
        "00 84 00 00 08",
        "00 FF 00 00",
        "80 68 01 20",
    };
    struct store_facts before = store_facts(f.store);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        card_fixture_send_hex(&f, commands[i]);
    ck_assert_uint_eq(store_facts(f.store).generation, before.generation);
    ck_assert_uint_eq(audit_head(f.store).size, before.log_size);
}
END_TEST

START_TEST(verify_is_two_commits_and_one_record)
{
    struct store_facts before = store_facts(f.store);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(store_facts(f.store).generation, before.generation + 2);
    ck_assert_uint_eq(store_facts(f.store).log_size, before.log_size + 1);
}
END_TEST

static int no_random(void *context, uint8_t *out, size_t size)
{
    (void)context, (void)out, (void)size;
    return FAULT_LIBRARY;
}

START_TEST(no_record_no_answer)
{
    make_key();
    struct env working = f.env;
    f.env.random = no_random; /* every record needs 16 random bytes */
    uint64_t before = audit_head(f.store).size;
    struct span answer = card_fixture_send_hex(&f, "80 68 02 70 00 00 20" HASH "02 00");
    f.env = working;
    ck_assert(span_equal(answer, SPAN_OF(((uint8_t[]){ 0x6F, 0x00 }))));
    ck_assert_int_eq(f.fault, FAULT_LIBRARY);
    ck_assert_uint_eq(audit_head(f.store).size, before);
    /* and the session is what it was */
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81"), 0x9000);
}
END_TEST

START_TEST(right_officer_pin_costs_no_try_when_initialize_fails)
{
    card_fixture_fail_random_once(&f); /* the record of the refusal has its bytes */
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE), 0x6F00);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 88"), 0x63CF);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}
END_TEST

START_TEST(failed_initialize_logs_nobody_in)
{
    card_reset(f.card);
    card_fixture_fail_random_once(&f);
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE), 0x6F00);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER_QUERY), 0x63C3);
}
END_TEST

START_TEST(no_record_no_login)
{
    card_reset(f.card);
    struct env working = f.env;
    f.env.random = no_random;
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x6F00);
    f.env = working;
    /* the try stays spent, the login does not count */
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81"), 0x63C2);
}
END_TEST

/* A command in flight, as the dispatcher makes it of a row with this action and these traits. */
static struct call call_of(struct command *row, enum audit_action action, unsigned traits)
{
    *row = (struct command){ .name = "a row", .traits = traits, .action = action };
    return (struct call){
        .card = f.card, .live = &f.card->live, .row = row, .traits = traits, .record.action = action
    };
}

/* How a command with this row fares with each of the three ways to a key. */
static void expect_keys(enum audit_action action, unsigned traits, uint16_t uses, uint16_t vouches)
{
    struct command row;
    struct key_in_use key;
    struct key stored;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    struct call c = call_of(&row, action, traits);
    ck_assert_uint_eq(key_use(&c, 2, PURPOSE_SIGN, 0x70, &key).value, uses);
    ck_assert_int_eq(c.fault, uses == STATUS_OK ? 0 : FAULT_LIBRARY);
    ck_assert_uint_eq(key_use_device(&c, &key).value, vouches);
    ck_assert_int_eq(key_load(f.store, 2, &stored), 0);
    ck_assert_int_eq(key_export(&c, &stored, &material), uses == STATUS_OK ? 0 : FAULT_LIBRARY);
    ck_assert_int_eq(material.size > 0, uses == STATUS_OK);
}

START_TEST(no_key_works_for_a_row_that_leaves_no_record)
{
    make_key();
    expect_keys(AUDIT_SIGN, ATOMIC, STATUS_OK, STATUS_OK);
    expect_keys(AUDIT_NOTHING, ATOMIC, STATUS_BROKEN, STATUS_BROKEN);
    expect_keys(AUDIT_SIGN, ATOMIC | REFUSALS_ALONE, STATUS_BROKEN, STATUS_OK);
    expect_keys(AUDIT_NOTHING, REFUSALS_ALONE, STATUS_BROKEN, STATUS_BROKEN);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "card records", log_in, log_out, signature_leaves_a_record_of_key_and_digest,
        refusals_and_failed_logins_leave_records_without_digests, records_name_who_was_authorised,
        signature_is_the_users_even_with_the_officer_logged_in,
        commands_that_change_nothing_leave_no_record, verify_is_two_commits_and_one_record,
        no_record_no_answer, right_officer_pin_costs_no_try_when_initialize_fails,
        failed_initialize_logs_nobody_in, no_record_no_login,
        no_key_works_for_a_row_that_leaves_no_record);
}
