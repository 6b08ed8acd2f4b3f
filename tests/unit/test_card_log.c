/* SPDX-License-Identifier: Apache-2.0 */
/* card-os/log_files, and the audit policy on the road of a command: what a host reads of the log,
 * and what it may still do when nobody has acknowledged it for too long. */
#include <stdio.h>
#include <string.h>

#include "card-os/log_files.h"
#include "formats/checkpoint.h"
#include "storage/audit.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

#define SIGN          "80 68 02 70 20 " HASH " 00"
#define READ_WHOLE(f) "00 B1 " f " 00 00 04 54 02 00 00 FF FF"
#define CHECKPOINT    READ_WHOLE("D0 00")
#define HANDOVERS     READ_WHOLE("D0 01")
#define FIRST_PAGE    READ_WHOLE("D1 00")

static struct card_fixture f;

static void log_in(void)
{
    card_fixture_init(&f);
    card_fixture_initialise(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, GENERATE_P256), 0x9000);
}

static void log_out(void)
{
    card_fixture_deinit(&f);
}

/* --- Records --- */

static bool keep(void *context, uint64_t seq, struct span line)
{
    (void)seq;
    ck_assert(audit_record_read(line, context));
    return false;
}

/* Counted from the end, 0 is the last. */
static struct audit_record record_before(uint64_t back)
{
    struct audit_record record = { 0 };
    ck_assert_int_eq(audit_read(f.store, audit_head(f.store).size - back, keep, &record), 0);
    return record;
}

START_TEST(initialize_tells_its_options_and_ends_the_epoch)
{
    struct audit_head before = audit_head(f.store);
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE), 0x9000);
    ck_assert_int_eq(record_before(1).action, AUDIT_INITIALIZE);
    ck_assert_uint_eq(record_before(1).object, 0x0001);
    ck_assert_int_eq(record_before(0).action, AUDIT_EPOCH_BEGUN);
    ck_assert_int_eq(record_before(0).role, AUDIT_OFFICER);
    ck_assert_uint_eq(audit_head(f.store).epoch, before.epoch + 1);
    ck_assert_uint_eq(audit_head(f.store).size, before.size + 2); /* the log goes on */
}
END_TEST

START_TEST(refused_initialize_ends_nothing)
{
    uint32_t epoch = audit_head(f.store).epoch;
    ck_assert_uint_eq(card_fixture_status(&f,
                                          "80 50 00 00 19 80 02 00 01 81 06 31 31 31 31 31 31 82 "
                                          "08 31 31 31 31 31 31 31 31 91 01 03"),
                      0x63CE);
    ck_assert_uint_eq(audit_head(f.store).epoch, epoch);
}
END_TEST

START_TEST(certificates_are_told_from_other_files)
{
    static const struct {
        const char *command;
        enum audit_action action;
    } cases[] = {
        { "00 D7 CE 02 08 54 02 00 00 53 02 30 00", AUDIT_CERTIFICATE_WRITTEN },
        { "00 D7 CA 02 08 54 02 00 00 53 02 30 00", AUDIT_CERTIFICATE_WRITTEN },
        { "00 D7 CF 02 08 54 02 00 00 53 02 30 00", AUDIT_FILE_WRITTEN },
        { "00 E4 02 00 02 CE 02", AUDIT_FILE_DELETED },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_uint_eq(card_fixture_status(&f, cases[i].command), 0x9000);
        ck_assert_int_eq(record_before(0).action, cases[i].action);
    }
}
END_TEST

START_TEST(power_on_names_the_build)
{
    uint8_t hash[SHA256_SIZE];
    struct audit_record first = record_before(audit_head(f.store).size - 2);
    ck_assert_int_eq(first.action, AUDIT_POWER_ON);
    ck_assert(span_is_zero(SPAN_OF(first.digest)));
    f.env.build = span_of_text("build");
    ck_assert_int_eq(sha256_of(f.env.build, hash), 0);
    card_fixture_power_cycle(&f);
    ck_assert_int_eq(record_before(1).action, AUDIT_POWER_OFF);
    ck_assert(span_is_zero(SPAN_OF(record_before(1).digest)));
    ck_assert_int_eq(record_before(0).action, AUDIT_POWER_ON);
    ck_assert(span_equal(SPAN_OF(record_before(0).digest), SPAN_OF(hash)));
}
END_TEST

START_TEST(guesses_of_a_stranger_are_joined)
{
    card_reset(f.card);
    uint64_t size = audit_head(f.store).size;
    for (int i = 0; i < 50; i++)
        ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x6982);
    ck_assert_uint_eq(audit_head(f.store).size, size + 1);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(audit_head(f.store).size, size + 3);
    ck_assert_uint_eq(record_before(1).count, 49);
    ck_assert_uint_eq(record_before(1).sw, 0x6982);
}
END_TEST

/* --- Reading --- */

static struct span read_file(const char *command)
{
    uint16_t status = card_fixture_status(&f, command);
    ck_assert_msg(status == 0x9000 || status == 0x6282, "%s: %04X", command, status);
    return card_fixture_data(&f);
}

static struct signed_checkpoint read_checkpoint(void)
{
    struct signed_checkpoint note;
    struct reader in = reader_of(read_file(CHECKPOINT));
    checkpoint_read(&in, &note);
    ck_assert(read_finished(&in));
    return note;
}

START_TEST(checkpoint_is_signed_and_covers_its_own_reading)
{
    uint64_t before = audit_head(f.store).size;
    struct signed_checkpoint note = read_checkpoint();
    struct audit_head head = audit_head(f.store);
    struct checkpoint_key key;
    ck_assert_int_eq(audit_epoch_key(f.store, head.epoch, &key), 0);
    ck_assert_int_eq(checkpoint_verify(&note, &key), 0);
    ck_assert_uint_eq(head.size, before + 1);
    ck_assert_uint_eq(note.checkpoint.size, head.size);
    ck_assert(span_equal(SPAN_OF(note.checkpoint.root), SPAN_OF(head.root)));
    struct audit_record record = record_before(0);
    ck_assert_int_eq(record.action, AUDIT_LOG_READ);
    ck_assert_uint_eq(record.object, 0xD000);
    ck_assert_int_eq(record.role, AUDIT_USER);
}
END_TEST

START_TEST(reading_is_recorded_once_a_session)
{
    read_file(FIRST_PAGE);
    struct store_facts before = store_facts(f.store);
    read_file(FIRST_PAGE);
    read_file(CHECKPOINT);
    read_file(HANDOVERS);
    ck_assert_uint_eq(store_facts(f.store).generation, before.generation);
    card_reset(f.card);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    read_file(FIRST_PAGE);
    ck_assert_uint_eq(audit_head(f.store).size, before.log_size + 2);
}
END_TEST

START_TEST(page_that_is_not_there_leaves_no_record)
{
    struct store_facts before = store_facts(f.store);
    ck_assert_uint_eq(card_fixture_status(&f, READ_WHOLE("D1 01")), 0x6A82);
    ck_assert_uint_eq(store_facts(f.store).generation, before.generation);
    /* nor is it the one of the session */
    read_file(FIRST_PAGE);
    ck_assert_uint_eq(audit_head(f.store).size, before.log_size + 1);
}
END_TEST

START_TEST(refused_reading_is_recorded)
{
    card_reset(f.card);
    ck_assert_uint_eq(card_fixture_status(&f, CHECKPOINT), 0x6982);
    ck_assert_int_eq(record_before(0).action, AUDIT_LOG_READ);
    ck_assert_uint_eq(record_before(0).sw, 0x6982);
}
END_TEST

/* In parts, as hosts with small buffers do, it is the same text: while nothing happens between. */
START_TEST(checkpoint_read_in_parts_is_whole)
{
    uint8_t whole[CHECKPOINT_MAX];
    struct writer text = WRITER_OF(whole);
    for (unsigned offset = 0; offset < 400; offset += 100) {
        char command[64];
        snprintf(command, sizeof command, "00 B1 D0 00 04 54 02 %02X %02X 64", offset >> 8,
                 offset & 0xFF);
        write_span(&text, read_file(command));
    }
    ck_assert(span_equal(written(&text), read_file(CHECKPOINT)));
}
END_TEST

START_TEST(handovers_lead_from_the_receipt_to_the_checkpoint)
{
    struct receipt receipt;
    struct signed_checkpoint first, second;
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE), 0x9000);
    struct reader in = reader_of(read_file(HANDOVERS));
    ck_assert(span_equal(read_span(&in, 11), span_of_text("-- receipt\n")));
    receipt_read(&in, &receipt);
    ck_assert(span_equal(read_span(&in, 14), span_of_text("-- handover 1\n")));
    checkpoint_read(&in, &first);
    ck_assert(span_equal(read_span(&in, 14), span_of_text("-- handover 2\n")));
    checkpoint_read(&in, &second);
    ck_assert(read_finished(&in));

    struct checkpoint_key key = receipt.key;
    ck_assert_int_eq(checkpoint_verify(&first, &key), 0);
    memcpy(key.public_key, first.checkpoint.next, sizeof key.public_key);
    ck_assert_int_eq(checkpoint_verify(&second, &key), 0);
    memcpy(key.public_key, second.checkpoint.next, sizeof key.public_key);
    struct signed_checkpoint now = read_checkpoint();
    ck_assert_int_eq(checkpoint_verify(&now, &key), 0);
}
END_TEST

/* The lines of a page, each read as a record; gives how many. */
static unsigned check_page(struct span page, uint64_t first)
{
    unsigned count = 0;
    while (page.size) {
        const uint8_t *end = memchr(page.at, '\n', page.size);
        ck_assert_ptr_nonnull(end);
        struct audit_record record;
        size_t size = (size_t)(end - page.at);
        ck_assert(audit_record_read(span_of(page.at, size), &record));
        ck_assert_uint_eq(record.seq, first + count++);
        page = span_part(page, size + 1, page.size);
    }
    return count;
}

START_TEST(pages_hold_thirty_two_records_each)
{
    while (audit_head(f.store).size < 69)
        ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
    ck_assert_uint_eq(check_page(read_file(FIRST_PAGE), 1), 32);
    ck_assert_uint_eq(check_page(read_file(READ_WHOLE("D1 01")), 33), 32);
    ck_assert_uint_eq(check_page(read_file(READ_WHOLE("D1 02")), 65), 6);
    ck_assert_uint_eq(card_fixture_status(&f, READ_WHOLE("D1 03")), 0x6A82);
}
END_TEST

static size_t promised_by(const char *select)
{
    ck_assert_uint_eq(card_fixture_status(&f, select), 0x9000);
    struct reader in = reader_of(span_part(card_fixture_data(&f), 4, 2));
    return read_u16(&in);
}

START_TEST(select_tells_the_size_of_a_full_page)
{
    while (audit_head(f.store).size < 69)
        ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
    size_t promised = promised_by("00 A4 00 00 02 D1 00 00");
    ck_assert_uint_eq(promised, read_file(FIRST_PAGE).size);
}
END_TEST

/* SELECT is asked first, and believed by hosts that read no further than it says. */
START_TEST(select_promises_enough_room)
{
    static const char *const files[][2] = {
        { "00 A4 00 00 02 D0 00 00", CHECKPOINT },
        { "00 A4 00 00 02 D0 01 00", HANDOVERS },
        { "00 A4 00 00 02 D1 00 00", FIRST_PAGE },
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        size_t promised = promised_by(files[i][0]);
        ck_assert_uint_ge(promised, read_file(files[i][1]).size);
    }
}
END_TEST

START_TEST(of_very_long_logs_the_newest_pages_are_there)
{
    const uint64_t most = 3840 * 32;
    ck_assert_uint_eq(log_page_first(0, 0), 1);
    ck_assert_uint_eq(log_page_first(most, 0), 1);
    ck_assert_uint_eq(log_page_first(most, 3839), most - 31);
    ck_assert_uint_eq(log_page_first(most + 1, 0), 33);
    ck_assert_uint_eq(log_page_first(most + 1, 3839), most + 1);
    ck_assert_uint_eq(log_page_first(most + 33, 0), 65);
}
END_TEST

/* --- Policy --- */

static void set_policy(struct audit_policy policy)
{
    const struct audit_record event = { .action = AUDIT_AUDIT_POLICY, .sw = 0x9000 };
    ck_assert_int_eq(store_begin(f.store), 0);
    ck_assert_int_eq(audit_set_policy(f.store, &policy, &event), 0);
    ck_assert_int_eq(store_commit(f.store, true), 0);
}

static void acknowledge(void)
{
    const struct audit_record event = { .action = AUDIT_LOG_ACKNOWLEDGED, .sw = 0x9000 };
    struct span note = read_file(CHECKPOINT);
    ck_assert_int_eq(store_begin(f.store), 0);
    ck_assert_int_eq(audit_acknowledge(f.store, note, &event), 0);
    ck_assert_int_eq(store_commit(f.store, true), 0);
}

/* Two more signatures, and the policy's limit is used up. */
static void force(enum audit_forced forced)
{
    set_policy((struct audit_policy){ .forced = forced, .limit = audit_head(f.store).used + 2 });
}

START_TEST(free_reading_needs_no_login)
{
    set_policy((struct audit_policy){ .limit = 9, .reading = AUDIT_READ_FREELY });
    card_reset(f.card);
    read_file(CHECKPOINT);
    ck_assert_int_eq(record_before(0).role, AUDIT_NOBODY);
    ck_assert_uint_eq(card_fixture_status(&f, "00 D7 D0 00 06 54 02 00 00 53 00"), 0x6982);
}
END_TEST

START_TEST(at_the_limit_nothing_happens_that_an_auditor_must_see)
{
    static const char *const refused[] = {
        SIGN,
        GENERATE_P256,
        "00 D7 CE 02 08 54 02 00 00 53 02 30 00",
        "00 E4 02 00 02 CC 02",
        "00 24 00 81 0C 36 34 38 32 31 39 31 32 33 34 35 36",
        INITIALIZE,
    };
    force(AUDIT_FORCED_ON);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
    uint64_t objects = store_facts(f.store).objects;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        ck_assert_uint_eq(card_fixture_status(&f, refused[i]), 0x6985);
        ck_assert_uint_eq(record_before(0).sw, 0x6985);
    }
    ck_assert_uint_eq(store_facts(f.store).objects, objects);
    ck_assert_uint_eq(card_fixture_status(&f, "00 20 00 81"), 0x9000); /* no try was spent */
}
END_TEST

START_TEST(at_the_limit_login_and_log_work_and_an_acknowledgement_helps)
{
    force(AUDIT_FORCED_ON);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x6985);
    card_fixture_power_cycle(&f);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_OFFICER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x6985);
    read_file(FIRST_PAGE);
    acknowledge();
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
}
END_TEST

/* Or anybody at the reader could stop the token. */
START_TEST(strangers_never_use_the_limit_up)
{
    char command[80];
    force(AUDIT_FORCED_ON);
    card_reset(f.card);
    for (unsigned id = 1; id < 60; id++) {
        snprintf(command, sizeof command, "80 68 %02X 70 01 00", id);
        ck_assert_uint_eq(card_fixture_status(&f, command), 0x6982);
        snprintf(command, sizeof command, "00 B1 CD %02X 04 54 02 00 00 00", id);
        ck_assert_uint_eq(card_fixture_status(&f, command), 0x6982);
    }
    ck_assert_uint_eq(card_fixture_status(&f, "00 24 00 81 0C 31 31 31 31 31 31 31 31 31 31 31 31"),
                      0x63C2);
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, SIGN), 0x6985);
}
END_TEST

START_TEST(initialize_unfixes_the_policy_and_leaves_it_on)
{
    set_policy((struct audit_policy){ .forced = AUDIT_FORCED_FIXED, .limit = 50 });
    ck_assert_uint_eq(card_fixture_status(&f, INITIALIZE), 0x9000);
    ck_assert_int_eq(audit_policy(f.store).forced, AUDIT_FORCED_ON);
    ck_assert_uint_eq(audit_policy(f.store).limit, 50);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "card log", log_in, log_out, initialize_tells_its_options_and_ends_the_epoch,
        refused_initialize_ends_nothing, certificates_are_told_from_other_files,
        power_on_names_the_build, guesses_of_a_stranger_are_joined,
        checkpoint_is_signed_and_covers_its_own_reading, reading_is_recorded_once_a_session,
        page_that_is_not_there_leaves_no_record, refused_reading_is_recorded,
        checkpoint_read_in_parts_is_whole, handovers_lead_from_the_receipt_to_the_checkpoint,
        pages_hold_thirty_two_records_each, select_tells_the_size_of_a_full_page,
        select_promises_enough_room, of_very_long_logs_the_newest_pages_are_there,
        free_reading_needs_no_login, at_the_limit_nothing_happens_that_an_auditor_must_see,
        at_the_limit_login_and_log_work_and_an_acknowledgement_helps,
        strangers_never_use_the_limit_up, initialize_unfixes_the_policy_and_leaves_it_on);
}
