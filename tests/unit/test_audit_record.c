/* SPDX-License-Identifier: Apache-2.0 */
/* formats/audit_record: the canonical line, and a reader that takes nothing else. */
#include "formats/audit_record.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

#define ZEROS_32 "0000000000000000000000000000000000000000000000000000000000000000"

static const char small_line[] =
    "{\"seq\":7,\"inc\":\"8c1f000000000001\",\"boot\":2,\"ms\":1764000000000,\"us\":51234,"
    "\"cont\":98765,\"rand\":\"000102030405060708090a0b0c0d0e0f\",\"act\":40,\"cmd\":\"80680120\","
    "\"sw\":\"9000\",\"role\":1,\"appr\":\"\",\"uid\":0,\"obj\":\"cc01\",\"key\":\"\",\"dig\":\"\","
    "\"age\":0,\"cnt\":1,\"prev\":\"" ZEROS_32 "\"}";

static struct audit_record small_record(void)
{
    struct audit_record record = {
        .seq = 7,
        .incarnation = { 0x8C, 0x1F, 0, 0, 0, 0, 0, 1 },
        .boot = 2,
        .time_ms = 1764000000000,
        .ticks_us = 51234,
        .continued_us = 98765,
        .action = AUDIT_SIGN,
        .command = { 0x80, 0x68, 0x01, 0x20 },
        .sw = 0x9000,
        .role = AUDIT_USER,
        .object = 0xCC01,
        .count = 1,
    };
    for (uint8_t i = 0; i < sizeof record.random; i++)
        record.random[i] = i;
    return record;
}

/* Every field at the most it can reasonably become; what is hexadecimal, full. */
static struct audit_record largest_record(void)
{
    struct audit_record record;
    memset(&record, 0xFF, sizeof record);
    record.seq = (uint64_t)1 << 40;
    record.time_ms = (uint64_t)1 << 43;
    record.ticks_us = (uint64_t)1 << 53;
    record.continued_us = (uint64_t)1 << 53;
    record.action = (enum audit_action)UINT16_MAX;
    record.role = (enum audit_role)UINT16_MAX;
    return record;
}

static bool readable(const char *line, size_t size)
{
    struct audit_record record;
    return audit_record_read(span_of(line, size), &record);
}

START_TEST(record_is_written_canonically)
{
    uint8_t bytes[AUDIT_LINE_MAX];
    struct writer out = WRITER_OF(bytes);
    struct audit_record record = small_record();
    audit_record_write(&record, &out);
    ck_assert(!out.full);
    ck_assert(span_equal(written(&out), span_of_text(small_line)));
}
END_TEST

START_TEST(line_is_read_back)
{
    struct audit_record record, expected = small_record();
    ck_assert(audit_record_read(span_of_text(small_line), &record));
    ck_assert_uint_eq(record.seq, expected.seq);
    ck_assert_uint_eq(record.boot, expected.boot);
    ck_assert_uint_eq(record.time_ms, expected.time_ms);
    ck_assert_uint_eq(record.ticks_us, expected.ticks_us);
    ck_assert_uint_eq(record.continued_us, expected.continued_us);
    ck_assert_int_eq(record.action, AUDIT_SIGN);
    ck_assert_int_eq(record.role, AUDIT_USER);
    ck_assert_uint_eq(record.sw, 0x9000);
    ck_assert_uint_eq(record.object, 0xCC01);
    ck_assert_uint_eq(record.count, 1);
    ck_assert(span_equal(SPAN_OF(record.random), SPAN_OF(expected.random)));
    ck_assert(span_equal(SPAN_OF(record.command), SPAN_OF(expected.command)));
    ck_assert(span_is_zero(SPAN_OF(record.digest)));
}
END_TEST

START_TEST(longest_line_fits_and_is_read_back)
{
    uint8_t bytes[AUDIT_LINE_MAX];
    struct writer out = WRITER_OF(bytes);
    struct audit_record record = largest_record(), back;
    audit_record_write(&record, &out);
    ck_assert_msg(!out.full, "the longest line is beyond %d bytes", AUDIT_LINE_MAX);
    ck_assert(audit_record_read(written(&out), &back));
    ck_assert_uint_eq(back.seq, record.seq);
    ck_assert_uint_eq(back.admin_uid, UINT32_MAX);
    ck_assert(span_equal(SPAN_OF(back.previous), SPAN_OF(record.previous)));
}
END_TEST

START_TEST(truncated_or_longer_lines_are_refused)
{
    char longer[sizeof small_line + 1];
    size_t size = sizeof small_line - 1;
    for (size_t cut = 0; cut < size; cut++)
        ck_assert_msg(!readable(small_line, cut), "cut at %zu", cut);
    memcpy(longer, small_line, size);
    longer[size] = '\n';
    ck_assert(!readable(longer, size + 1));
    ck_assert(readable(longer, size));
}
END_TEST

/* Whatever byte is changed: refused, or a different value in canonical form. */
START_TEST(every_changed_byte_is_refused_or_means_something_else)
{
    static const char replacements[] = " 0A{,\"-\xff";
    for (size_t i = 0; i < sizeof small_line - 1; i++) {
        for (size_t k = 0; k < sizeof replacements - 1; k++) {
            char line[sizeof small_line];
            uint8_t again[AUDIT_LINE_MAX];
            struct audit_record record;
            struct writer out = WRITER_OF(again);
            memcpy(line, small_line, sizeof line);
            line[i] = replacements[k];
            struct span changed = span_of(line, sizeof line - 1);
            if (!audit_record_read(changed, &record))
                continue;
            audit_record_write(&record, &out);
            ck_assert(span_equal(written(&out), changed));
        }
    }
}
END_TEST

/* The same values, written in another way. */
START_TEST(other_spellings_are_refused)
{
    static const struct {
        const char *canonical, *other;
    } spellings[] = {
        { "\"seq\":7", "\"seq\":07" },
        { "\"seq\":7", "\"seq\": 7" },
        { "\"seq\":7", "\"seq\":18446744073709551623" }, /* 7 modulo 2^64 */
        { "\"boot\":2", "\"boot\":4294967298" },         /* 2 modulo 2^32 */
        { "\"seq\":7", "\"seq\":" },
        { "\"obj\":\"cc01\"", "\"obj\":\"CC01\"" },
        { "\"obj\":\"cc01\"", "\"obj\":\"0000\"" },
        { "\"dig\":\"\"", "\"dig\":\"" ZEROS_32 "\"" },
        { "\"sw\":\"9000\"", "\"sw\":\"\"" },
        { "\"cnt\":1", "\"cnt\":1.0" },
    };
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        char line[2 * sizeof small_line];
        const char *at = strstr(small_line, spellings[i].canonical);
        ck_assert_ptr_nonnull(at);
        int size = snprintf(line, sizeof line, "%.*s%s%s", (int)(at - small_line), small_line,
                            spellings[i].other, at + strlen(spellings[i].canonical));
        ck_assert_msg(!readable(line, (size_t)size), "%s", spellings[i].other);
    }
}
END_TEST

START_TEST(actions_and_roles_have_texts)
{
    ck_assert_str_eq(audit_action_text(AUDIT_SIGN), "signature");
    ck_assert_int_eq(audit_traits_of(AUDIT_SIGN)->durability, AUDIT_USE);
    ck_assert_int_eq(audit_traits_of(AUDIT_USER_LOGIN)->durability, AUDIT_SECURITY);
    ck_assert_ptr_null(audit_action_text((enum audit_action)9999));
    ck_assert_ptr_null(audit_action_text((enum audit_action)9)); /* between those that there are */
    ck_assert_str_eq(audit_role_text(AUDIT_OFFICER), "officer");
    ck_assert_str_eq(audit_role_text((enum audit_role)77), "unknown");
}
END_TEST

/* A newer version's are kept and told like any other; what leaves no record uses no limit up. */
START_TEST(unknown_actions_are_audited)
{
    const struct audit_traits *unknown = audit_traits_of((enum audit_action)9);
    ck_assert_ptr_eq(audit_traits_of((enum audit_action)65535), unknown);
    ck_assert_int_eq(unknown->durability, AUDIT_SECURITY);
    ck_assert_int_eq(unknown->quota, AUDIT_AUDITED);
    ck_assert_int_eq(unknown->joining, AUDIT_SINGLE);
    ck_assert_int_eq(unknown->keys, AUDIT_KEPT);
    ck_assert_int_eq(audit_traits_of(AUDIT_NOTHING)->quota, AUDIT_SPARED);
}
END_TEST

/* tests/vectors/actions.txt is what readers of old logs know. */
START_TEST(numbers_of_actions_never_change_their_meaning)
{
    static const enum audit_action known[] = {
#define X(number, name, ...) AUDIT_##name,
        AUDIT_ACTIONS(X)
#undef X
    };
    FILE *in = fopen(SOURCE_ROOT "/tests/vectors/actions.txt", "r");
    char line[200], text[100];
    size_t lines = 0;
    int number;
    ck_assert_ptr_nonnull(in);
    while (fgets(line, sizeof line, in)) {
        if (line[0] == '#')
            continue;
        ck_assert_msg(sscanf(line, "%d %99[^\n]", &number, text) == 2, "%s", line);
        ck_assert_msg(lines < COUNT_OF(known) && (int)known[lines] == number,
                      "action %d of the list is not the next one of the registry", number);
        ck_assert_str_eq(audit_action_text((enum audit_action)number), text);
        lines++;
    }
    fclose(in);
    ck_assert_msg(lines == COUNT_OF(known), "a new action belongs into tests/vectors/actions.txt");
}
END_TEST

int main(void)
{
    return RUN_TESTS("audit_record", record_is_written_canonically, line_is_read_back,
                     longest_line_fits_and_is_read_back, truncated_or_longer_lines_are_refused,
                     every_changed_byte_is_refused_or_means_something_else,
                     other_spellings_are_refused, actions_and_roles_have_texts,
                     unknown_actions_are_audited, numbers_of_actions_never_change_their_meaning);
}
