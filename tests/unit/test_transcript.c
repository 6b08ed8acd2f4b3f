/* SPDX-License-Identifier: Apache-2.0 */
/* formats/transcript: lines, patterns, what is safe. */
#include <string.h>

#include "formats/transcript.h"
#include "tests/support/suite.h"

static enum transcript_item only(const char *text, struct transcript_case *out)
{
    struct transcript t = transcript_of("test", span_of_text(text));
    enum transcript_item item = transcript_next(&t, out);
    return item > TRANSCRIPT_BAD && transcript_next(&t, out) != TRANSCRIPT_END ? TRANSCRIPT_BAD
                                                                               : item;
}

static bool fits(const char *pattern, const char *answer)
{
    uint8_t bytes[64];
    struct writer out = WRITER_OF(bytes);
    ck_assert(hex_decode(answer, &out));
    const struct span text = span_of_text(pattern);
    return transcript_matches(&text, 1, written(&out));
}

START_TEST(patterns_match_what_they_say)
{
    static const struct {
        const char *pattern, *answer;
        bool fits;
    } cases[] = {
        { "90 00", "9000", true },
        { "9000", "9000", true },
        { "90 00", "900000", false },
        { "90 00", "90", false },
        { "63 C.", "63C7", true },
        { "63 C.", "63B7", false },
        { "6. 82", "6982", true },
        { ".. 82", "82", false },
        { "{2} 90 00", "01029000", true },
        { "{2} 90 00", "0102039000", false },
        { "{9} 90 00", "01029000", false },
        { "*", "", true },
        { "* 90 00", "9000", true },
        { "30 * 90 00", "3090009000", true },
        { "30 * 02 {1} * 62 82", "3001020302056282", true },
        { "30 * 02 {1} * 62 82", "30010305079000", false },
        { "* 01 * 01 * 02", "01010101010101010101010102", true },
        { "* 01 * 01 * 02", "01010101010101010101010103", false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(fits(cases[i].pattern, cases[i].answer) == cases[i].fits, "%s, %s",
                      cases[i].pattern, cases[i].answer);
}
END_TEST

/* Forty stars against nothing that fits: a search that tries every split would not end. */
START_TEST(many_stars_end)
{
    char pattern[400] = "";
    uint8_t answer[4000] = { 0 };
    for (unsigned i = 0; i < 40; i++)
        strcat(pattern, "* 00 ");
    strcat(pattern, "* 01");
    const struct span text = span_of_text(pattern);
    ck_assert(!transcript_matches(&text, 1, SPAN_OF(answer)));
}
END_TEST

START_TEST(case_has_all_that_is_said_of_it)
{
    static const char text[] =
        "# why\n"
        "@ 9.1 16 safe\n"
        "? NAME what is asked\n"
        "% 25 26\n"
        "> 00 84{3}01\n"
        "< .. 90 00\r\n"
        "\n"
        "< 6D 00\n"
        "~ 69 86";
    struct transcript_case at;
    uint8_t bytes[8];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(only(text, &at), TRANSCRIPT_CASE);
    ck_assert_uint_eq(at.line, 5);
    ck_assert(span_equal(at.clauses, span_of_text("9.1 16")));
    ck_assert(at.safe && !at.ours && !at.fresh);
    ck_assert(span_equal(at.choice, span_of_text("NAME")));
    ck_assert(span_equal(at.question, span_of_text("what is asked")));
    ck_assert(span_equal(at.facts, span_of_text("25 26")));
    ck_assert(at.expected_count == 2 && at.other_count == 1);
    transcript_command(&at, &out);
    ck_assert_str_eq(hex_of(written(&out)).text, "008400000001");
}
END_TEST

START_TEST(notes_hold_for_one_case_and_clauses_until_the_next)
{
    struct transcript t = transcript_of("test", span_of_text("@ 1 new\n% 7\n? A\n> 00\n< 67 00\n"
                                                             "! reset\n> 01\n< 67 00\n"
                                                             "@ 2\n= title\n> 02\n< 67 00\n"));
    struct transcript_case at;
    ck_assert_int_eq(transcript_next(&t, &at), TRANSCRIPT_CASE);
    ck_assert(at.choice.size && at.facts.size && at.fresh);
    ck_assert_int_eq(transcript_next(&t, &at), TRANSCRIPT_RESET);
    ck_assert_int_eq(transcript_next(&t, &at), TRANSCRIPT_CASE);
    ck_assert(!at.choice.size && !at.facts.size && at.fresh);
    ck_assert(span_equal(at.clauses, span_of_text("1")));
    ck_assert_int_eq(transcript_next(&t, &at), TRANSCRIPT_SECTION);
    ck_assert_int_eq(transcript_next(&t, &at), TRANSCRIPT_CASE);
    ck_assert(!at.fresh && span_equal(at.clauses, span_of_text("2")));
    ck_assert_int_eq(transcript_next(&t, &at), TRANSCRIPT_END);
}
END_TEST

START_TEST(what_is_no_transcript_is_told)
{
    static const char *const texts[] = {
        "hello\n",
        "> 00\n< 67 00\n", /* no clause */
        "@ safe\n",
        "@ 1 dangerous\n",
        "@ 1 safe 2\n",
        "@ 1 ours 2\n",
        "@ 1 new 2\n",
        "@\n",
        "@ 1\n> 00\n",
        "@ 1\n> 00\n> 01\n< 90 00\n",
        "@ 1\n> 0\n< 90 00\n",
        "@ 1\n> 0G\n< 90 00\n",
        "@ 1\n> ..\n< 90 00\n",
        "@ 1\n>\n< 90 00\n",
        "@ 1\n> 00\n<\n",
        "@ 1\n> 00\n< 9\n",
        "@ 1\n> 00\n< 90 00 {}\n",
        "@ 1\n> 00\n< 90 00 {1\n",
        "@ 1\n> 00\n< 90 00 {99999999999}\n",
        "@ 1\n> 00\n< 1\n",
        "@ 1\n> 00\n~ 90 00\n",
        "@ 1\n> 00\n< 90 00\n~ 67 00\n", /* another way of what? */
        "@ 1\n? A\n> 00\n< 90 00\n~ 67 00\n< 90 00\n",
        "@ 1\n? A words\n> 00\n< 90 00\n",
        "@ 1\n? A\n",
        "@ 1\n? A\n? B\n> 00\n< 90 00\n",
        "@ 1\n?\n> 00\n< 90 00\n",
        "@ 1\n%\n> 00\n< 90 00\n",
        "@ 1\n% OKX\n> 00\n< 90 00\n",
        "@ 1\n% 1\n",
        "@ 1\n% 1\n% 2\n> 00\n< 90 00\n",
        "@ 1\n% 1\n! reset\n> 00\n< 90 00\n",
        "@ 1 ours\n% 1\n> 00\n< 90 00\n",
        "< 90 00\n",
        "! explode\n",
        "@ 1\n> 00\n< 00\n< 01\n< 02\n< 03\n< 04\n< 05\n< 06\n",
    };
    struct transcript_case at;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        ck_assert_msg(only(texts[i], &at) == TRANSCRIPT_BAD, "%s", texts[i]);
}
END_TEST

START_TEST(every_part_of_a_transcript_ends)
{
    static const char text[] =
        "@ 9.1 safe\n? NAME words\n% 1 2\n> 00 84 {3}\n< .. 6. {2} *\n~ 69\n= a\n! "
        "power\n";
    for (size_t size = 0; size < sizeof text; size++) {
        struct transcript t = transcript_of("test", span_of(text, size));
        struct transcript_case at;
        unsigned items = 0;
        while (transcript_next(&t, &at) > TRANSCRIPT_BAD)
            ck_assert_uint_lt(items++, 4);
    }
}
END_TEST

START_TEST(harmless_is_what_no_card_can_take_amiss)
{
    static const struct {
        const char *command;
        bool harmless;
    } cases[] = {
        { "00A4040000", true },
        { "00B12F0204540200000000", true },
        { "00200081", true },
        { "0020008100", true },
        { "00200081000000", true },
        { "0020008106363438323139", false },
        { "002000810636343832", false }, /* no command, but some card may think so */
        { "0C20008101" /* protected */, true },
        { "0C2000810A8E080000000000000000", false },
        { "8050000000", true },
        { "80500000028000", false },
        { "80520000", true },
        { "8052000101", true }, /* Le */
        { "80520101", false },
        { "80520301", false },
        { "80540001", true },
        { "805400000267", false },
        { "8068012001", true }, /* Le */
        { "806801200100", false },
        { "80720192", false },
        { "00D7C4010654020000 5300", false },
        { "00E4020002C401", false },
        { "002C0381", false },
        { "00480100", false },
        { "80740193", false },
        { "8064FB00", false },
        { "00", true },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t bytes[32];
        struct writer out = WRITER_OF(bytes);
        ck_assert(hex_decode(cases[i].command, &out));
        ck_assert_msg(transcript_is_harmless(written(&out)) == cases[i].harmless, "%s",
                      cases[i].command);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "transcript", patterns_match_what_they_say, many_stars_end, case_has_all_that_is_said_of_it,
        notes_hold_for_one_case_and_clauses_until_the_next, what_is_no_transcript_is_told,
        every_part_of_a_transcript_ends, harmless_is_what_no_card_can_take_amiss);
}
