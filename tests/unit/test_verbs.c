/* SPDX-License-Identifier: Apache-2.0 */
/* host/tool/main.c: every verb of the tool knows the options that its table names, and no
 * others. */
#include "host/tool/cli/command.h"
#include "host/tool/cli/exits.h"
#include "host/tool/tool.h"
#include "tests/support/suite.h"

/* Reads a line of one verb with one option, after as many operands as it wants. What is said is
 * thrown away. */
static int status_with(const struct family *family, const struct verb *verb, const char *option)
{
    SCOPED(command_end) struct command_line line = { 0 };
    char *words[16] = { NULL };
    size_t count = 0;
    if (verb->name)
        words[count++] = (char *)verb->name;
    for (int i = 0; i < verb->least; i++)
        words[count++] = "operand";
    words[count++] = (char *)option;
    words[count] = "1";
    FILE *usual = stderr;
    stderr = fopen("/dev/null", "w");
    int status = command_read(family, words, &line);
    fclose(stderr);
    stderr = usual;
    return status;
}

typedef void visit_verb(const struct family *family, const struct verb *verb, void *context);

static void each_verb(visit_verb *visit, void *context)
{
    for (size_t i = 0; tool_families[i]; i++)
        for (size_t j = 0; j < tool_families[i]->count; j++)
            visit(tool_families[i], &tool_families[i]->verbs[j], context);
}

static unsigned refusals;

static void refuse_one(const struct family *family, const struct verb *verb, void *context)
{
    const char *name = context;
    char option[64];
    if (verb_knows(verb, name))
        return;
    refusals++;
    snprintf(option, sizeof option, "--%s", name);
    int status = status_with(family, verb, option);
    ck_assert_msg(status == TOOL_USAGE, "%s %s %s: %d", family->name, verb->name ? verb->name : "",
                  option, status);
}

static void refuse_elsewhere(const struct family *family, const struct verb *verb, void *context)
{
    const struct option_row *row;
    size_t at;
    (void)family, (void)context;
    for (size_t i = 0; (row = verb_option(verb, i, &at)); i++)
        each_verb(refuse_one, (void *)row->name);
}

START_TEST(options_of_other_verbs_are_refused)
{
    each_verb(refuse_elsewhere, NULL);
    ck_assert_uint_gt(refusals, 10000);
}
END_TEST

static void check_rows(const struct family *family, const struct verb *verb, void *context)
{
    const struct option_row *row;
    size_t at;
    (void)context;
    for (size_t i = 0; (row = verb_option(verb, i, &at)); i++) {
        ck_assert_msg(row->help && *row->help, "%s --%s has no help", family->name, row->name);
        ck_assert_msg(at < verb->size, "%s --%s is outside of its struct", family->name, row->name);
        ck_assert_msg(row->value || row->kind == OPTION_FLAG || row->many,
                      "%s --%s has a value without a name", family->name, row->name);
        const struct option_row *other;
        size_t ignored;
        for (size_t j = 0; j < i && (other = verb_option(verb, j, &ignored)); j++)
            ck_assert_msg(strcmp(row->name, other->name) != 0, "%s has --%s twice", family->name,
                          row->name);
    }
    ck_assert_uint_le(family->count, VERBS_MAX);
    ck_assert(verb->run && verb->help && verb->most >= verb->least);
    ck_assert(!verb->stops || verb->most == 0);
}

START_TEST(tables_are_complete)
{
    each_verb(check_rows, NULL);
}
END_TEST

static void check_page(const char *page)
{
    for (const char *line = page; *line; line += strcspn(line, "\n") + 1)
        ck_assert_msg(strcspn(line, "\n") <= 80, "wider than a terminal: %.100s", line);
}

static void print_help(const struct family *family, const struct verb *verb, void *context)
{
    char page[20000] = "";
    FILE *to = fmemopen(page, sizeof page, "w");
    (void)context;
    usage_print(to, family, verb->name ? verb : NULL);
    usage_print(to, family, NULL);
    fclose(to);
    check_page(page);
    const struct option_row *row;
    size_t at;
    for (size_t i = 0; (row = verb_option(verb, i, &at)); i++) {
        char option[64];
        snprintf(option, sizeof option, "--%s", row->name);
        ck_assert_msg(strstr(page, option), "%s: %s is not explained", family->name, option);
    }
}

START_TEST(help_has_every_option_and_fits_on_a_terminal)
{
    each_verb(print_help, NULL);
}
END_TEST

int main(void)
{
    return RUN_TESTS("verbs", options_of_other_verbs_are_refused, tables_are_complete,
                     help_has_every_option_and_fits_on_a_terminal);
}
