/* SPDX-License-Identifier: Apache-2.0 */
/* host/tool/cli/command: reading a command line by the table of a subcommand. */
#include <stdarg.h>

#include "host/tool/cli/command.h"
#include "host/tool/cli/exits.h"
#include "host/tool/cli/nearest.h"
#include "tests/support/suite.h"

struct wishes {
    bool yes;
    const char *label, *mode;
    int tries;
    uint64_t from;
    unsigned length;
};

static const char *read_length(const char *value, void *to)
{
    unsigned *length = to;
    *length += (unsigned)strlen(value);
    return *length > 4 ? "too long" : NULL;
}

static const struct option_row own_rows[] = {
    { "yes", NULL, "a flag", INTO_FLAG(struct wishes, yes), .letter = 'y' },
    { "label", "TEXT", "a text", INTO_TEXT(struct wishes, label) },
    { "mode", "on|off", "a choice", INTO_CHOICE(struct wishes, mode) },
    { "tries", "N", "a number", INTO_NUMBER(struct wishes, tries, 1, 10, 3) },
    { "from", "N", "a large number", INTO_COUNT(struct wishes, from) },
    { "word", "W", "again and again", INTO(struct wishes, length, read_length), .many = true },
    { "pin-file", "F", "a text", INTO_TEXT(struct wishes, label) },
    OPTIONS_END,
};

static const struct verb verbs[] = {
    { .name = "make",
      .operands = "NAME [FILE]",
      .least = 1,
      .most = 2,
      .help = "makes",
      .size = sizeof(struct wishes),
      .options = { { own_rows, 0 } } },
    { .name = "list", .help = "lists" },
    { .name = "login", .operands = "[-- ACTION...]", .help = "logs in", .actions = true },
};
static const struct family family = { "thing", "things", NULL, verbs, COUNT_OF(verbs) };

static const struct verb run_verb = { .operands = "COMMAND...",
                                      .help = "runs",
                                      .size = sizeof(struct wishes),
                                      .options = { { own_rows, 0 } },
                                      .stops = true };
static const struct family run_family = { "run", "runs", NULL, &run_verb, 1 };

/* A line that was read, and what was said on standard error meanwhile. */
struct tried {
    struct command_line line;
    int status;
    char *words[16];
    char said[1024];
};

static void end(struct tried *tried)
{
    command_end(&tried->line);
}

/* Reads the words, ended by NULL. */
static void read_line(const struct family *of, struct tried *out, ...)
{
    va_list arguments;
    size_t count = 0;
    FILE *usual = stderr;
    *out = (struct tried){ .status = 0 };
    va_start(arguments, out);
    while ((out->words[count] = va_arg(arguments, char *)))
        count++;
    va_end(arguments);
    stderr = fmemopen(out->said, sizeof out->said, "w");
    out->status = command_read(of, out->words, &out->line);
    fclose(stderr);
    stderr = usual;
}

#define TRY(...)                                                                                   \
    SCOPED(end) struct tried t;                                                                    \
    read_line(&family, &t, __VA_ARGS__, NULL);                                                     \
    const struct wishes *w = t.line.options;                                                       \
    (void)w

/* Reads a wrong line, and expects what is said of it. */
static void refused(const char *expected, const struct tried *t)
{
    ck_assert_int_eq(t->status, TOOL_USAGE);
    ck_assert_str_eq(t->said, expected);
}

START_TEST(kinds_of_values_are_read)
{
    TRY("make", "--yes", "--label", "a b", "name", "--mode=off", "--tries", "10",
        "--from=12345678901", "--word", "ab", "--word=cd");
    ck_assert_int_lt(t.status, 0);
    ck_assert(w->yes);
    ck_assert_str_eq(w->label, "a b");
    ck_assert_str_eq(w->mode, "off");
    ck_assert_int_eq(w->tries, 10);
    ck_assert_uint_eq(w->from, 12345678901);
    ck_assert_uint_eq(w->length, 4);
    ck_assert_int_eq(t.line.operands, 1);
    ck_assert_str_eq(t.line.operand[0], "name");
    ck_assert_ptr_null(t.line.operand[1]);
}
END_TEST

START_TEST(what_is_not_said_has_its_default)
{
    TRY("make", "name");
    ck_assert_int_lt(t.status, 0);
    ck_assert(!w->yes);
    ck_assert_ptr_null(w->label);
    ck_assert_int_eq(w->tries, 3);
    ck_assert_uint_eq(w->from, 0);
}
END_TEST

START_TEST(empty_values_and_values_with_dashes_are_values)
{
    TRY("make", "name", "--label=", "--word", "-a");
    ck_assert_int_lt(t.status, 0);
    ck_assert_str_eq(w->label, "");
    ck_assert_uint_eq(w->length, 2);
}
END_TEST

START_TEST(letters_are_short_forms)
{
    TRY("make", "-y", "-");
    ck_assert_int_lt(t.status, 0);
    ck_assert(w->yes);
    ck_assert_str_eq(t.line.operand[0], "-");
}
END_TEST

START_TEST(options_end_with_dashes)
{
    TRY("make", "--", "--yes", "--");
    ck_assert_int_lt(t.status, 0);
    ck_assert(!w->yes);
    ck_assert_int_eq(t.line.operands, 2);
    ck_assert_str_eq(t.line.operand[0], "--yes");
    ck_assert_str_eq(t.line.operand[1], "--");
}
END_TEST

START_TEST(actions_follow_dashes)
{
    TRY("login", "--", "key", "--what", "--", "list");
    ck_assert_int_lt(t.status, 0);
    ck_assert_int_eq(t.line.operands, 0);
    ck_assert_str_eq(t.line.rest[0], "key");
    ck_assert_str_eq(t.line.rest[3], "list");
    ck_assert_ptr_null(t.line.rest[4]);
}
END_TEST

START_TEST(a_command_of_another_program_is_left_alone)
{
    static const char *const before[] = { "--yes", "-y", "--" };
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        SCOPED(end) struct tried t;
        read_line(&run_family, &t, before[i], "sh", "--yes", "--what", "--", NULL);
        ck_assert_int_lt(t.status, 0);
        ck_assert_str_eq(t.line.rest[0], "sh");
        ck_assert_str_eq(t.line.rest[2], "--what");
        ck_assert_str_eq(t.line.rest[3], "--");
        ck_assert_ptr_null(t.line.operand[0]);
    }
}
END_TEST

#define REFUSED(expected, ...)                                                                     \
    do {                                                                                           \
        TRY(__VA_ARGS__);                                                                          \
        refused("glasshsm: thing " expected "\n", &t);                                             \
    } while (0)
#define SEE      " (see glasshsm thing --help)"
#define SEE_MAKE " (see glasshsm thing make --help)"

START_TEST(missing_words_are_named)
{
    REFUSED("make: NAME is missing" SEE_MAKE, "make");
    REFUSED("make: --label: TEXT is missing" SEE_MAKE, "make", "a", "--label");
    REFUSED("make: --label: TEXT is missing" SEE_MAKE, "make", "a", "--label", "--yes");
    REFUSED("make: --label: TEXT is missing" SEE_MAKE, "make", "--label", "--", "a");
    REFUSED("make: --tries: N is missing" SEE_MAKE, "make", "a", "--tries");
    TRY(NULL);
    refused("glasshsm: thing needs a verb: make, list or login" SEE "\n", &t);
}
END_TEST

START_TEST(unknown_words_have_neighbours)
{
    REFUSED("mkae: no such verb; did you mean make?" SEE, "mkae");
    REFUSED("lgin: no such verb; did you mean login?" SEE, "lgin");
    REFUSED("quit: no such verb; choose make, list or login" SEE, "quit");
    REFUSED("--yes: options follow the verb" SEE, "--yes", "make", "a");
    REFUSED("make: --lable: no such option; did you mean --label?" SEE_MAKE, "make", "a", "--lable",
            "b");
    REFUSED("make: --quick: no such option" SEE_MAKE, "make", "--quick");
    REFUSED("make: -q: no such option" SEE_MAKE, "make", "-quick");
    REFUSED(
        "list: --yes: an option of `thing make`, not of `list` (see glasshsm thing list --help)",
        "list", "--yes");
}
END_TEST

START_TEST(abbreviations_are_not_guessed)
{
    REFUSED("make: --lab: no such option; did you mean --label?" SEE_MAKE, "make", "a", "--lab",
            "b");
    REFUSED("make: --y: no such option" SEE_MAKE, "make", "a", "--y");
    REFUSED("mak: no such verb; did you mean make?" SEE, "mak", "a");
}
END_TEST

START_TEST(wrong_values_are_named)
{
    REFUSED("make: --tries 11: N is a number from 1 to 10" SEE_MAKE, "make", "a", "--tries", "11");
    REFUSED("make: --tries 0: N is a number from 1 to 10" SEE_MAKE, "make", "a", "--tries", "0");
    REFUSED("make: --tries -1: N is a number from 1 to 10" SEE_MAKE, "make", "a", "--tries", "-1");
    REFUSED("make: --tries 1x: N is a number from 1 to 10" SEE_MAKE, "make", "a", "--tries=1x");
    REFUSED("make: --tries 4294967297: N is a number from 1 to 10" SEE_MAKE, "make", "a",
            "--tries=4294967297");
    REFUSED("make: --tries : N is a number from 1 to 10" SEE_MAKE, "make", "a", "--tries=");
    REFUSED("make: --from 0: N is a number from 1 on" SEE_MAKE, "make", "a", "--from", "0");
    REFUSED("make: --from 18446744073709551616: N is a number from 1 on" SEE_MAKE, "make", "a",
            "--from", "18446744073709551616");
    REFUSED("make: --mode of: no such choice; did you mean off?" SEE_MAKE, "make", "a", "--mode",
            "of");
    REFUSED("make: --mode maybe: no such choice; choose on or off" SEE_MAKE, "make", "a",
            "--mode=maybe");
    REFUSED("make: --word cde: too long" SEE_MAKE, "make", "a", "--word", "ab", "--word", "cde");
    REFUSED("make: --yes: takes no value" SEE_MAKE, "make", "a", "--yes=1");
}
END_TEST

START_TEST(too_much_is_refused)
{
    REFUSED("make: one word too many; PINs are not given on the command line" SEE_MAKE, "make", "a",
            "b", "648219");
    REFUSED("list: a: one word too many (see glasshsm thing list --help)", "list", "a");
    REFUSED("login: actions follow -- (see glasshsm thing login --help)", "login", "key");
    REFUSED("make: --label: given twice" SEE_MAKE, "make", "a", "--label", "b", "--label=b");
    TRY("make", "a", "--yes", "--yes");
    ck_assert_int_lt(t.status, 0);
}
END_TEST

START_TEST(secrets_are_not_repeated)
{
    REFUSED(
        "make: --pin: PINs and passwords are not given on the command line, which every user of "
        "the machine can read: --pin-file FILE" SEE_MAKE,
        "make", "a", "--pin", "648219");
    REFUSED(
        "make: --PIN: PINs and passwords are not given on the command line, which every user of "
        "the machine can read" SEE_MAKE,
        "make", "a", "--PIN=648219");
    REFUSED(
        "list: --password: PINs and passwords are not given on the command line, which every user "
        "of the machine can read (see glasshsm thing list --help)",
        "list", "--password=648219");
    REFUSED("make: --so-pni: no such option" SEE_MAKE, "make", "a", "--so-pni=648219");
    REFUSED("make: -p: no such option" SEE_MAKE, "make", "a", "-p648219");
    REFUSED("--pin: options follow the verb" SEE, "--pin=648219", "make");
}
END_TEST

START_TEST(the_nearest_word_is_near)
{
    static const struct {
        const char *typed, *nearest;
    } cases[] = {
        { "genarate", "generate" },
        { "gen", "generate" },
        { "GENERATE", "generate" },
        { "unwarp", "unwrap" },
        { "generateds", "generate" },
        { "lst", "list" },
        { "x", NULL },
        { "", NULL },
        { "destroy", NULL },
        { "lot", NULL },
        { "unwrapunwrapunwrapunwrapunwrapunwrapunwrap", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nearest search = { .typed = cases[i].typed };
        nearest_consider(&search, "generate");
        nearest_consider(&search, "list");
        nearest_consider(&search, "unwrap");
        nearest_consider(&search, "wrap");
        ck_assert_pstr_eq(search.word, cases[i].nearest);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("command", kinds_of_values_are_read, what_is_not_said_has_its_default,
                     empty_values_and_values_with_dashes_are_values, letters_are_short_forms,
                     options_end_with_dashes, actions_follow_dashes,
                     a_command_of_another_program_is_left_alone, missing_words_are_named,
                     unknown_words_have_neighbours, abbreviations_are_not_guessed,
                     wrong_values_are_named, too_much_is_refused, secrets_are_not_repeated,
                     the_nearest_word_is_near);
}
