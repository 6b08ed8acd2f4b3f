/* SPDX-License-Identifier: Apache-2.0 */
/* formats/p15: descriptions as hosts write them. */
#include <string.h>

#include "formats/p15.h"
#include "tests/support/suite.h"

/* protocol.md 2.6: the description of an RSA-2048 key called "hi" with id 01. */
static const char rsa[] = "301B 3004 0C026869 3007 040101 03020274 A10A 3008 3002 0400 02020800";

static bool parse(enum p15_class kind, const char *text, struct p15_description *out)
{
    static uint8_t bytes[128];
    struct writer file = WRITER_OF(bytes);
    ck_assert(hex_decode(text, &file));
    return p15_read(kind, written(&file), out);
}

START_TEST(kinds_of_description_are_told_apart)
{
    static const struct {
        enum p15_class kind;
        const char *bytes;
        enum p15_type type;
        const char *label;
        uint32_t bits;
        uint16_t file;
    } cases[] = {
        { P15_KEY, rsa, P15_RSA, "hi", 2048, 0 },
        { P15_KEY, "A01C 3004 0C026869 3008 040102 0303072080 A10A 3008 3002 0400 02020100", P15_EC,
          "hi", 256, 0 },
        /* OpenSC leaves the size of an EC key out */
        { P15_KEY, "A013 3004 0C026869 3003 040102 A106 3004 3002 0400", P15_EC, "hi", 0, 0 },
        { P15_KEY, "A81F 3003 0C0161 3008 040103 030307C010 A006 3004 02020100 A106 3004 3002 0400",
          P15_SECRET, "a", 256, 0 },
        { P15_CERTIFICATE, "3016 3004 0C026869 3004 04020104 A108 3006 3004 0402CA04", P15_X509,
          "hi", 0, 0xCA04 },
        /* as OpenSC 0.23.0 writes it */
        { P15_DATA, "301C 300B 0C05706E6F7465 03020640 3005 0C03617070 A106 3004 0402CF00",
          P15_OPAQUE, "pnote", 0, 0xCF00 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct p15_description got;
        ck_assert_msg(parse(cases[i].kind, cases[i].bytes, &got), "case %zu", i);
        ck_assert_int_eq(got.type, cases[i].type);
        ck_assert(span_equal(got.label, span_of_text(cases[i].label)));
        ck_assert_uint_eq(got.bits, cases[i].bits);
        ck_assert_uint_eq(got.file, cases[i].file);
    }
}
END_TEST

START_TEST(truncated_at_any_byte_is_none)
{
    uint8_t bytes[64];
    struct writer file = WRITER_OF(bytes);
    struct p15_description got;
    ck_assert(hex_decode(rsa, &file));
    for (size_t size = 0; size < file.size; size++)
        ck_assert(!p15_read(P15_KEY, span_part(written(&file), 0, size), &got));
}
END_TEST

START_TEST(what_follows_is_ignored)
{
    struct p15_description got;
    char text[sizeof rsa + 8] = "";
    strcat(strcat(text, rsa), " FFFF");
    ck_assert(parse(P15_KEY, text, &got));
    ck_assert_uint_eq(got.bits, 2048);
}
END_TEST

START_TEST(other_things_are_none)
{
    static const char *const cases[] = {
        "", "3000", "0400", "30820FFF00", "3005 0C03616263", "3180 0000"
    };
    struct p15_description got;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(!parse(P15_KEY, cases[i], &got), "%s", cases[i]);
    ck_assert(!parse(P15_DATA, "A000", &got));
}
END_TEST

START_TEST(written_description_is_as_in_the_reference)
{
    uint8_t bytes[64], expected[64];
    struct writer out = WRITER_OF(bytes);
    struct writer wanted = WRITER_OF(expected);
    ck_assert(hex_decode("3014 3003 0C0164 3005 0C03617070 A106 3004 0402CF05", &wanted));
    p15_write_data(span_of_text("d"), span_of_text("app"), 0xCF05, &out);
    ck_assert(span_equal(written(&out), written(&wanted)));
}
END_TEST

/* The example of protocol.md 2.6, and an EC key by its pattern. */
START_TEST(written_key_is_as_in_the_reference)
{
    static const uint8_t one[] = { 1 };
    static const struct {
        struct p15_description said;
        const char *bytes;
    } cases[] = {
        { { .type = P15_RSA,
            .label = { (const uint8_t *)"hi", 2 },
            .id = { one, 1 },
            .bits = 2048 },
          "301B 3004 0C026869 3007 040101 03020274 A10A 3008 3002 0400 02020800" },
        { { .type = P15_EC, .label = { (const uint8_t *)"hi", 2 }, .id = { one, 1 }, .bits = 256 },
          "A01C 3004 0C026869 3008 040101 0303072080 A10A 3008 3002 0400 02020100" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t bytes[64], expected[64];
        struct writer out = WRITER_OF(bytes), wanted = WRITER_OF(expected);
        ck_assert(hex_decode(cases[i].bytes, &wanted));
        p15_write_key(&cases[i].said, &out);
        ck_assert(span_equal(written(&out), written(&wanted)));
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("p15", kinds_of_description_are_told_apart, truncated_at_any_byte_is_none,
                     what_follows_is_ignored, other_things_are_none,
                     written_description_is_as_in_the_reference,
                     written_key_is_as_in_the_reference);
}
