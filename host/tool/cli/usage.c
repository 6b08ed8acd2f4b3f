/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/usage.h"

#include <stdarg.h>
#include <string.h>

#include "host/tool/cli/exits.h"
#include "host/tool/cli/nearest.h"
#include "host/tool/cli/terminal_text.h"

enum {
    WIDTH = 80,      /* columns of a terminal */
    COLUMN_MAX = 26, /* what options do begins there at the latest */
    LEFT_SIZE = 80,  /* for an option and its value as text */
    FEW = 12,        /* so many words are listed when none of them is near */
};

/* --- Usage errors --- */

/* "key generate", as far as it is known. */
static void write_name(const struct command_line *command, char *out, size_t size)
{
    const char *verb = command && command->verb ? command->verb->name : NULL;
    snprintf(out, size, "%s%s%s", command ? command->family->name : "", verb ? " " : "",
             verb ? verb : "");
}

static int complain(const struct command_line *command, const char *format, va_list arguments)
{
    char name[LEFT_SIZE], before[LEFT_SIZE + 16], after[LEFT_SIZE + 32];
    write_name(command, name, sizeof name);
    snprintf(before, sizeof before, "glasshsm: %s%s", name,
             !command        ? ""
             : command->verb ? ": "
                             : " ");
    snprintf(after, sizeof after, " (see glasshsm %s%s)\n", name, command ? " --help" : "help");
    text_complain(before, format, arguments, after);
    return TOOL_USAGE;
}

int usage_wrong(const struct command_line *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = complain(command, format, arguments);
    va_end(arguments);
    return status;
}

/* Writes "list, generate or wrap". */
static void write_list(const char *const *words, size_t count, const char *last, char *out,
                       size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < count && used < size; i++) {
        const char *before = !i ? "" : i + 1 < count ? ", " : last;
        used += (size_t)snprintf(out + used, size - used, "%s%s", before, words[i]);
    }
}

int usage_unknown(const struct command_line *command, const char *before, const char *typed,
                  const char *what, const char *const *words)
{
    struct nearest search = { .typed = typed };
    char list[LEFT_SIZE * 4] = "";
    size_t count = 0;
    for (; words[count]; count++)
        nearest_consider(&search, words[count]);
    write_list(words, count, " or ", list, sizeof list);
    if (search.word)
        return usage_wrong(command, "%s%s: %s; did you mean %s?", before, typed, what, search.word);
    if (count <= FEW)
        return usage_wrong(command, "%s%s: %s; choose %s", before, typed, what, list);
    return usage_wrong(command, "%s%s: %s", before, typed, what);
}

int usage_without_verb(const struct command_line *command)
{
    const struct family *family = command->family;
    const char *names[VERBS_MAX];
    char list[LEFT_SIZE * 4] = "";
    for (size_t i = 0; i < family->count; i++)
        names[i] = family->verbs[i].name;
    write_list(names, family->count, " or ", list, sizeof list);
    return usage_wrong(command, "needs a verb: %s", list);
}

/* --- Help --- */

/* Prints our own text from column `at` on, wrapped between column `indent` and the width of a
 * terminal. A newline in the text begins a new line; the last one is printed, too. */
static void print_wrapped(FILE *to, const char *text, size_t at, size_t indent)
{
    while (*text) {
        size_t size = strcspn(text, " \n");
        bool fits = at + 1 + size <= WIDTH, first = at <= indent;
        if (!fits && !first) {
            text_print(to, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        text_print(to, first ? "%.*s" : " %.*s", (int)size, text);
        at += size + !first;
        text += size;
        if (*text == '\n' && text[1]) {
            text_print(to, "\n%*s", (int)indent, "");
            at = indent;
        }
        text += *text != 0;
    }
    text_own(to, "\n");
}

static void write_left(const struct option_row *row, char out[LEFT_SIZE])
{
    char letter[8] = "";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(out, LEFT_SIZE, "  %s--%s%s%s", letter, row->name, row->value ? " " : "",
             row->value ? row->value : "");
}

/* Widens the column where the rows' texts begin, so that these rows fit, too. */
static void widen(size_t *column, const struct option_row *rows)
{
    for (; rows->name; rows++) {
        char left[LEFT_SIZE];
        write_left(rows, left);
        size_t size = strlen(left) + 2;
        if (size > *column && size <= COLUMN_MAX)
            *column = size;
    }
}

static void print_rows(FILE *to, const struct option_row *rows, size_t column)
{
    for (; rows->name; rows++) {
        char left[LEFT_SIZE];
        write_left(rows, left);
        text_print(to, "%-*s", (int)column, left);
        if (strlen(left) + 2 > column)
            text_print(to, "\n%*s", (int)column, "");
        print_wrapped(to, rows->help, column, column);
    }
}

static void print_call(FILE *to, const struct family *family, const struct verb *verb)
{
    const char *operands = verb->operands ? verb->operands : "", *blank = *operands ? " " : "";
    const char *options = verb->options[0].rows ? " [OPTIONS]" : "";
    text_print(to, "glasshsm %s%s%s", family->name, verb->name ? " " : "",
               verb->name ? verb->name : "");
    if (verb->stops || verb->actions)
        text_print(to, "%s%s%s\n", options, blank, operands);
    else
        text_print(to, "%s%s%s\n", blank, operands, options);
}

/* Which verbs know a group: a bit for each. */
static unsigned users_of(const struct family *family, const struct option_row *rows)
{
    unsigned users = 0;
    for (size_t i = 0; i < family->count; i++)
        for (size_t j = 0; j < VERB_GROUPS; j++)
            if (family->verbs[i].options[j].rows == rows)
                users |= 1u << i;
    return users;
}

static bool is_one(unsigned users)
{
    return !(users & (users - 1));
}

/* Tables of options that are printed together. */
struct groups {
    const struct option_row *rows[VERBS_MAX * VERB_GROUPS];
    size_t count;
};

static bool has_group(const struct groups *groups, const struct option_row *rows)
{
    for (size_t i = 0; i < groups->count; i++)
        if (groups->rows[i] == rows)
            return true;
    return false;
}

/* Adds the groups of a verb: its own, which no other verb of the subcommand has, or the others. */
static void collect(struct groups *groups, const struct family *family, const struct verb *verb,
                    bool own)
{
    for (size_t i = 0; i < VERB_GROUPS && verb->options[i].rows; i++) {
        const struct option_row *rows = verb->options[i].rows;
        if (is_one(users_of(family, rows)) == own && !has_group(groups, rows))
            groups->rows[groups->count++] = rows;
    }
}

/* Who takes the options that follow: "generate and wrap take:". */
static void print_users(FILE *to, const struct family *family, unsigned users)
{
    const char *names[VERBS_MAX];
    char list[LEFT_SIZE * 4];
    size_t count = 0;
    for (size_t i = 0; i < family->count; i++)
        if (users & 1u << i)
            names[count++] = family->verbs[i].name;
    write_list(names, count, " and ", list, sizeof list);
    if (count == family->count)
        text_own(to, "\nAll take:\n");
    else
        text_print(to, "\n%s take:\n", list);
}

static void print_groups(FILE *to, const struct family *family, const struct groups *groups,
                         bool with_users)
{
    size_t column = 0;
    unsigned before = 0;
    for (size_t i = 0; i < groups->count; i++)
        widen(&column, groups->rows[i]);
    for (size_t i = 0; i < groups->count; i++) {
        unsigned users = users_of(family, groups->rows[i]);
        if (with_users && users != before)
            print_users(to, family, users);
        print_rows(to, groups->rows[i], column);
        before = users;
    }
}

static void print_verb(FILE *to, const struct family *family, const struct verb *verb)
{
    struct groups all = { .count = 0 };
    collect(&all, family, verb, true);
    collect(&all, family, verb, false);
    text_own(to, "\n");
    print_wrapped(to, verb->help, 0, 0);
    if (all.count)
        text_own(to, "\n");
    print_groups(to, family, &all, false);
}

static void print_verbs(FILE *to, const struct family *family)
{
    struct groups shared = { .count = 0 };
    for (size_t i = 0; i < family->count; i++) {
        const struct verb *verb = &family->verbs[i];
        struct groups own = { .count = 0 };
        text_print(to, "\n%s:", verb->name);
        print_wrapped(to, verb->help, strlen(verb->name) + 1, 2);
        collect(&own, family, verb, true);
        print_groups(to, family, &own, false);
        collect(&shared, family, verb, false);
    }
    print_groups(to, family, &shared, true);
}

int usage_print(FILE *to, const struct family *family, const struct verb *verb)
{
    const struct verb *only = family->verbs[0].name ? verb : family->verbs;
    for (size_t i = 0; i < family->count; i++)
        if (!only || only == &family->verbs[i]) {
            text_print(to, i && !only ? "       " : "Usage: ");
            print_call(to, family, &family->verbs[i]);
        }
    if (only)
        print_verb(to, family, only);
    else
        print_verbs(to, family);
    if (family->about) {
        text_own(to, "\n");
        print_wrapped(to, family->about, 0, 0);
    }
    return ferror(to) ? TOOL_FAILED : TOOL_DONE;
}
