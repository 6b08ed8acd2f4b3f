/* SPDX-License-Identifier: Apache-2.0 */
/* base/text: one spelling for everything. */
#include "base/text.h"

#include <string.h>

#include "tests/support/suite.h"

/* RFC 4648 section 10. */
static const struct {
    const char *bytes, *text;
} known[] = { { "", "" },
              { "f", "Zg==" },
              { "fo", "Zm8=" },
              { "foo", "Zm9v" },
              { "foob", "Zm9vYg==" },
              { "fooba", "Zm9vYmE=" },
              { "foobar", "Zm9vYmFy" } };

START_TEST(base64_writes_and_reads_the_known_answers)
{
    uint8_t text[64], bytes[64];
    struct writer out = WRITER_OF(text), back = WRITER_OF(bytes);
    write_base64(&out, span_of_text(known[_i].bytes));
    ck_assert(span_equal(written(&out), span_of_text(known[_i].text)));
    ck_assert(base64_decode(span_of_text(known[_i].text), &back));
    ck_assert(span_equal(written(&back), span_of_text(known[_i].bytes)));
}
END_TEST

START_TEST(base64_uses_the_whole_alphabet)
{
    uint8_t text[8], bytes[8];
    struct writer out = WRITER_OF(text), back = WRITER_OF(bytes);
    write_base64(&out, span_of("\xfb\xff\xbf", 3));
    ck_assert(span_equal(written(&out), span_of_text("+/+/")));
    ck_assert(base64_decode(span_of_text("+/+/"), &back));
    ck_assert(span_equal(written(&back), span_of("\xfb\xff\xbf", 3)));
}
END_TEST

START_TEST(base64_has_one_spelling)
{
    static const char *const others[] = { "Zg=",   "Zg",   "Zh==", "Zm9=",      "Z===",
                                          "====",  "=Zg=", "Zg=A", "Zg==Zg==",  "Zm9v\nYg==",
                                          "Zm 9v", "Zm-_", "A",    "Zm9vYg==\n" };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        uint8_t bytes[64];
        struct writer back = WRITER_OF(bytes);
        ck_assert_msg(!base64_decode(span_of_text(others[i]), &back), "%s", others[i]);
    }
    uint8_t two[2];
    struct writer small = WRITER_OF(two);
    ck_assert(!base64_decode(span_of_text("Zm9v"), &small));
    ck_assert(!base64_decode(span_of("Zm\0v", 4), &small));
}
END_TEST

START_TEST(decimal_has_one_spelling)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } numbers[] = { { "0", true, 0 },
                    { "7", true, 7 },
                    { "18446744073709551615", true, UINT64_MAX },
                    { "18446744073709551616", false, 0 },
                    { "99999999999999999999", false, 0 },
                    { "00", false, 0 },
                    { "01", false, 0 },
                    { "", false, 0 },
                    { "-1", false, 0 },
                    { "+1", false, 0 },
                    { " 1", false, 0 } };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct reader in = reader_of(span_of_text(numbers[i].text));
        uint64_t value = read_decimal(&in);
        ck_assert_msg(read_finished(&in) == numbers[i].good, "%s", numbers[i].text);
        ck_assert(!numbers[i].good || value == numbers[i].value);
    }
}
END_TEST

START_TEST(hexadecimal_is_lower_case)
{
    uint8_t bytes[2] = { 0 };
    struct reader good = reader_of(span_of_text("09af")), upper = reader_of(span_of_text("09AF")),
                  cut = reader_of(span_of_text("09a"));
    read_hex(&good, bytes, 2);
    ck_assert(read_finished(&good));
    ck_assert(span_equal(SPAN_OF(bytes), span_of("\x09\xaf", 2)));
    read_hex(&upper, bytes, 2);
    ck_assert(read_failed(&upper));
    read_hex(&cut, bytes, 2);
    ck_assert(read_failed(&cut));
}
END_TEST

START_TEST(lines_end_with_a_newline)
{
    struct reader in = reader_of(span_of_text("one\n\nrest"));
    ck_assert(span_equal(read_line(&in), span_of_text("one")));
    ck_assert_uint_eq(read_line(&in).size, 0);
    ck_assert(!read_failed(&in));
    ck_assert(next_is(&in, "re") && !next_is(&in, "rests"));
    read_line(&in);
    ck_assert(read_failed(&in));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *all = tcase_create("text");
    tcase_add_loop_test(all, base64_writes_and_reads_the_known_answers, 0, COUNT_OF(known));
    tcase_add_test(all, base64_uses_the_whole_alphabet);
    tcase_add_test(all, base64_has_one_spelling);
    tcase_add_test(all, decimal_has_one_spelling);
    tcase_add_test(all, hexadecimal_is_lower_case);
    tcase_add_test(all, lines_end_with_a_newline);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
