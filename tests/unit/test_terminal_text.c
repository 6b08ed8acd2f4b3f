/* SPDX-License-Identifier: Apache-2.0 */
/* host/tool/terminal_text: what of foreign text reaches a terminal. Classes of characters: Unicode,
 * UnicodeData (Cc, Cf, Zl, Zp, Mn, Me); ill-formed UTF-8: Unicode 15, table 3-7. */
#include "host/tool/cli/terminal_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

/* What was printed until it is asked for. */
struct paper {
    char *at;
    size_t size;
    FILE *file;
};

static struct paper paper_begin(struct paper *paper)
{
    *paper = (struct paper){ 0 };
    paper->file = open_memstream(&paper->at, &paper->size);
    ck_assert_ptr_nonnull(paper->file);
    return *paper;
}

static void paper_says(struct paper *paper, const char *expected)
{
    ck_assert_int_eq(fclose(paper->file), 0);
    ck_assert_str_eq(paper->at, expected);
    free(paper->at);
}

#define PRINTS(expected, ...)                                                                      \
    do {                                                                                           \
        struct paper paper;                                                                        \
        paper_begin(&paper);                                                                       \
        text_print(paper.file, __VA_ARGS__);                                                       \
        paper_says(&paper, expected);                                                              \
    } while (0)

START_TEST(what_nobody_sees_is_replaced)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        { "plain \xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x91",
          "plain \xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x91" },
        { "a\x1B[2Jb", "a?[2Jb" },
        { "a\nb\rc\td\be\x7F", "a?b?c?d?e?" },
        { "\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0", "???\xC2\xA0" },
        { "\xE2\x80\xAEgnp", "?gnp" },                       /* right-to-left override */
        { "\xE2\x81\xA6x\xE2\x81\xA9", "?x?" },              /* isolates */
        { "a\xE2\x80\x8B\xE2\x80\x8D\xEF\xBB\xBF", "a???" }, /* zero width */
        { "a\xE2\x80\xA8"
          "b\xE2\x80\xA9",
          "a?b?" },                                  /* line and paragraph separators */
        { "a\xC2\xAD\xD8\x9C\xE1\xA0\x8E", "a???" }, /* soft hyphen, Arabic mark, Mongolian */
        { "\xF3\xA0\x81\x81", "?" },                 /* a tag */
        { "a\xCC\xB6o\xE2\x83\x9D", "a?o?" },        /* marks that strike out and enclose */
        { "\x80\xBF", "??" },                        /* continuations alone */
        { "\xC0\x8A\xE0\x80\x8A", "?????" },         /* newlines, too long */
        { "\xED\xA0\x80", "???" },                   /* a surrogate */
        { "\xF4\x90\x80\x80\xFF", "?????" },         /* beyond the last character */
        { "\xE2\x82", "??" },                        /* cut off */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        PRINTS(rows[i].shown, "%s", rows[i].text);
        PRINTS(rows[i].shown, "%.*s", (int)strlen(rows[i].text), rows[i].text);
    }
}
END_TEST

START_TEST(every_control_character_is_replaced)
{
    for (unsigned c = 1; c < 0xA0; c++) {
        char text[3] = { (char)c, 0, 0 };
        if (c >= 0x80) {
            text[0] = (char)0xC2;
            text[1] = (char)c;
        }
        bool seen = c >= 0x20 && c < 0x7F;
        PRINTS(seen ? text : "?", "%s", text);
    }
}
END_TEST

START_TEST(formats_are_those_of_printf)
{
    PRINTS("12 -5 4294967295 ff 0X1F 017", "%d %i %u %x %#X %#o", 12, -5, 0xFFFFFFFFu, 255, 31, 15);
    PRINTS("-9223372036854775807 18446744073709551615 7", "%" PRId64 " %" PRIu64 " %zu",
           -INT64_C(9223372036854775807), UINT64_MAX, (size_t)7);
    PRINTS("[   42][42   ][00042][ +42]", "[%5d][%-5d][%05d][%+4d]", 42, 42, 42, 42);
    PRINTS("[  ab][ab  ][ab][a][  a]", "[%4s][%-4s][%s][%.1s][%*.*s]", "ab", "ab", "ab", "ab", 3, 1,
           "ab");
    PRINTS("[\xC3\xA4  ][  \xC3\xA4]", "[%-3s][%3s]", "\xC3\xA4", "\xC3\xA4");
    PRINTS("[  1.5][+2.00][0.25]", "[%5.1f][%+.2f][%g]", 1.5, 2.0, 0.25);
    PRINTS("100 %\nnext", "%d %%\n%s", 100, "next");
    PRINTS("ours \x1B", "ours \x1B%s", "");
}
END_TEST

START_TEST(a_field_has_a_longest_length)
{
    char text[2 * TEXT_FIELD_MAX + 1], expected[TEXT_FIELD_MAX + 8];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    memset(expected, 'a', TEXT_FIELD_MAX);
    strcpy(expected + TEXT_FIELD_MAX, "...;");
    PRINTS(expected, "%s;", text);
    text[TEXT_FIELD_MAX] = 0;
    expected[TEXT_FIELD_MAX] = 0;
    PRINTS(expected, "%s", text);
}
END_TEST

START_TEST(json_means_the_same_and_hides_nothing)
{
    struct paper paper;
    json_t *value = text_value(span_of_text("a\xE2\x80\xAE\x7F\n\xC3\xA4\xFF\xF3\xA0\x81\x81"));
    paper_begin(&paper);
    ck_assert_int_eq(text_json(paper.file, value), 0);
    paper_says(&paper, "\"a\\u202e\\u007f\\n\xC3\xA4?\\udb40\\udc41\"\n");
    json_decref(value);
}
END_TEST

START_TEST(lines_that_are_json_already_stay_one_line_each)
{
    struct paper paper;
    paper_begin(&paper);
    text_json_line(paper.file, span_of_text("{\"a\":\"\xC2\x9B\"}\n\x1B"));
    paper_says(&paper,
               "{\"a\":\"\\u009b\"}?"
               "?\n");
}
END_TEST

START_TEST(of_lines_only_the_newline_is_obeyed)
{
    struct paper paper;
    paper_begin(&paper);
    text_lines(paper.file, span_of_text("one\ntwo\r\x1B\n"));
    paper_says(&paper,
               "one\ntwo?"
               "?\n");
}
END_TEST

int main(void)
{
    return RUN_TESTS("terminal_text", what_nobody_sees_is_replaced,
                     every_control_character_is_replaced, formats_are_those_of_printf,
                     a_field_has_a_longest_length, json_means_the_same_and_hides_nothing,
                     lines_that_are_json_already_stay_one_line_each,
                     of_lines_only_the_newline_is_obeyed);
}
