/* SPDX-License-Identifier: Apache-2.0 */
/* The card's files where transcripts would be too long: full lists, large contents. */
#include <string.h>

#include "base/tlv.h"
#include "formats/apdu.h"
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

static uint16_t send(const struct apdu *apdu)
{
    static uint8_t bytes[CARD_APDU_MAX + 16];
    struct writer command = WRITER_OF(bytes);
    apdu_write(apdu, &command);
    struct span answer = card_fixture_send(&f, written(&command));
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
}

static uint16_t update(uint16_t file, uint16_t offset, struct span content)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer data = WRITER_OF(bytes);
    struct tlv_mark mark = tlv_open(&data, 0x54);
    write_u16(&data, offset);
    tlv_close(&data, mark);
    tlv_write(&data, 0x53, content);
    return send(&(struct apdu){
        .ins = 0xD7, .p1 = (uint8_t)(file >> 8), .p2 = (uint8_t)file, .data = written(&data) });
}

static uint16_t read_file(uint16_t file, uint16_t offset)
{
    uint8_t data[] = { 0x54, 2, (uint8_t)(offset >> 8), (uint8_t)offset };
    return send(&(struct apdu){ .ins = 0xB1,
                                .p1 = (uint8_t)(file >> 8),
                                .p2 = (uint8_t)file,
                                .data = SPAN_OF(data),
                                .le = APDU_LE_MAX });
}

static bool lists(uint16_t file)
{
    struct reader in = reader_of(card_fixture_data(&f));
    while (read_left(&in))
        if (read_u16(&in) == file)
            return true;
    return false;
}

static void create_files(uint16_t prefix, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ck_assert_uint_eq(update((uint16_t)(prefix | i), 0, (struct span){ 0 }), 0x9000);
}

static void check_full_list(uint16_t companions)
{
    create_files(companions, 256);
    create_files(0xCF00, 256);
    ck_assert_uint_eq(send(&(struct apdu){ .cla = 0x80, .ins = 0x58, .le = APDU_LE_MAX }), 0x9000);
    ck_assert_uint_eq(card_fixture_data(&f).size, 1014); /* OpenSC's buffer: 507 identifiers */
    ck_assert(lists(0xCC00));
    ck_assert(lists(0xCFFF));
    ck_assert(lists(companions));
    ck_assert(!lists(companions | 0xFF));

    ck_assert_uint_eq(send(&(struct apdu){ .cla = 0x80, .ins = 0x58, .le = 256 }), 0x9000);
    ck_assert_uint_eq(card_fixture_data(&f).size, 256);
    ck_assert(lists(0xCC00));
}

START_TEST(list_that_is_too_long_keeps_keys_and_drops_their_descriptions)
{
    check_full_list(0xC400);
}
END_TEST

START_TEST(and_drops_their_certificates)
{
    check_full_list(0xCE00);
}
END_TEST

START_TEST(file_larger_than_an_answer_is_not_reported_as_complete)
{
    static uint8_t content[65000];
    ck_assert_uint_eq(update(0xCF01, 0, SPAN_OF(content)), 0x9000);
    ck_assert_uint_eq(update(0xCF01, 65000, span_of(content, 535)), 0x9000);
    ck_assert_uint_eq(read_file(0xCF01, 0), 0x9000);
    ck_assert_uint_eq(card_fixture_data(&f).size, 65533);
    ck_assert_uint_eq(read_file(0xCF01, 65533), 0x6282);
    ck_assert_uint_eq(card_fixture_data(&f).size, 2);
}
END_TEST

/* protocol.md 2.3: offsets of two bytes. SELECT has two bytes for the size as well. */
START_TEST(file_ends_where_the_last_offset_and_one_command_reach)
{
    static uint8_t first[65535], second[65520];
    memset(first, 0x11, sizeof first);
    memset(second, 0x22, sizeof second);
    ck_assert_uint_eq(update(0xCF01, 0, span_of(first, 65520)), 0x9000);
    ck_assert_uint_eq(update(0xCF01, 65520, span_of(first, 15)), 0x9000);
    ck_assert_uint_eq(update(0xCF01, 65535, SPAN_OF(second)), 0x9000);
    card_fixture_power_cycle(&f);

    ck_assert_uint_eq(read_file(0xCF01, 0), 0x9000);
    ck_assert(span_equal(card_fixture_data(&f), span_of(first, 65533)));
    ck_assert_uint_eq(read_file(0xCF01, 65535), 0x6282);
    ck_assert(span_equal(card_fixture_data(&f), SPAN_OF(second)));
    static const uint8_t fci[] = { 0x6F, 0x0B, 0x80, 0x02, 0xFF, 0xFF, 0x82,
                                   0x01, 0x01, 0x83, 0x02, 0xCF, 0x01 };
    ck_assert_uint_eq(card_fixture_status(&f, "00 A4 00 00 02 CF 01 00"), 0x9000);
    ck_assert(span_equal(card_fixture_data(&f), SPAN_OF(fci)));
}
END_TEST

START_TEST(work_file_takes_a_long_blob_and_is_wiped_with_the_session)
{
    static uint8_t blob[WORK_FILE_MAX + 1];
    memset(blob, 0x5A, sizeof blob);
    ck_assert_uint_ge(WORK_FILE_MAX, 4096);
    ck_assert_uint_eq(update(0x2F10, 0, span_of(blob, WORK_FILE_MAX)), 0x9000);
    const struct work_file *work = f.card->session.work_file;
    ck_assert(span_equal(SPAN_OF(work->content), span_of(blob, WORK_FILE_MAX)));
    ck_assert_uint_eq(update(0x2F10, WORK_FILE_MAX, span_of(blob, 1)), 0x6A84);
    ck_assert_uint_eq(update(0x2F10, 0, SPAN_OF(blob)), 0x6A84);
    ck_assert_ptr_eq(f.card->session.work_file, work);
    ck_assert(span_equal(SPAN_OF(work->content), span_of(blob, WORK_FILE_MAX)));
    ck_assert_uint_eq(update(0x2F10, 0, span_of_text("new")), 0x9000);
    ck_assert(span_is_zero(SPAN_OF(work->content))); /* the one before */
    card_reset(f.card);
    ck_assert_ptr_null(f.card->session.work_file);
    for (size_t i = 0; i < COUNT_OF(f.card->work_files); i++)
        ck_assert(span_is_zero(SPAN_OF(f.card->work_files[i].content)));
}
END_TEST

/* Neither the list nor the store knows it; that it was written is recorded all the same. */
START_TEST(work_file_is_not_stored)
{
    size_t size;
    uint64_t records = audit_head(f.store).size;
    ck_assert_uint_eq(update(0x2F10, 0, span_of_text("abc")), 0x9000);
    ck_assert_int_eq(store_size(f.store, OBJECT_FILE, 0x2F10, &size), STORE_ABSENT);
    ck_assert_uint_eq(audit_head(f.store).size, records + 1);
    ck_assert_uint_eq(send(&(struct apdu){ .cla = 0x80, .ins = 0x58, .le = APDU_LE_MAX }), 0x9000);
    ck_assert(!lists(0x2F10));
}
END_TEST

START_TEST(refused_update_leaves_the_file_alone)
{
    ck_assert_uint_eq(update(0xCF01, 0, span_of_text("abc")), 0x9000);
    ck_assert_uint_eq(update(0xCF01, 5, span_of_text("x")), 0x6B00);
    card_reset(f.card);
    ck_assert_uint_eq(update(0xCF01, 0, span_of_text("x")), 0x6982);
    ck_assert_uint_eq(read_file(0xCF01, 0), 0x6282);
    ck_assert(span_equal(card_fixture_data(&f), span_of_text("abc")));
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("card files", log_in, log_out,
                          list_that_is_too_long_keeps_keys_and_drops_their_descriptions,
                          and_drops_their_certificates,
                          file_larger_than_an_answer_is_not_reported_as_complete,
                          file_ends_where_the_last_offset_and_one_command_reach,
                          work_file_takes_a_long_blob_and_is_wiped_with_the_session,
                          work_file_is_not_stored, refused_update_leaves_the_file_alone);
}
