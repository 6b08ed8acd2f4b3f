/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/command.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/tool/cli/complain.h"
#include "host/tool/cli/nearest.h"

enum {
    OPTIONS_MAX = 64, /* of a verb */
    NAME_SIZE = 32,   /* of options, and of secrets' names */
};

struct reading {
    struct command_line *command;
    char **next;                                 /* the words that were not read yet */
    const struct option_row *given[OPTIONS_MAX]; /* the options that were read */
    size_t given_count;
};

/* --- Values --- */

static bool read_number(const char *text, unsigned long long most, unsigned long long *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno && *out <= most;
}

static int take_number(const struct command_line *command, const struct option_row *row,
                       const char *value, int *to)
{
    unsigned long long number;
    if (!read_number(value, (unsigned)row->most, &number) || (int)number < row->least)
        return usage_wrong(command, "--%s %s: %s is a number from %d to %d", row->name, value,
                           row->value, row->least, row->most);
    *to = (int)number;
    return TOOL_GO_ON;
}

static int take_count(const struct command_line *command, const struct option_row *row,
                      const char *value, uint64_t *to)
{
    unsigned long long number;
    if (!read_number(value, INT64_MAX, &number) || !number)
        return usage_wrong(command, "--%s %s: %s is a number from 1 on", row->name, value,
                           row->value);
    *to = number;
    return TOOL_GO_ON;
}

static int take_choice(const struct command_line *command, const struct option_row *row,
                       const char *value, const char **to)
{
    enum { CHOICES_MAX = 16 };
    char copy[128], before[NAME_SIZE * 2];
    const char *words[CHOICES_MAX + 1] = { NULL };
    char *left = NULL;
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", row->value);
    for (char *word = strtok_r(copy, "|", &left); word && count < CHOICES_MAX;
         word = strtok_r(NULL, "|", &left)) {
        words[count++] = word;
        if (strcmp(word, value) == 0) {
            *to = value;
            return TOOL_GO_ON;
        }
    }
    snprintf(before, sizeof before, "--%s ", row->name);
    return usage_unknown(command, before, value, "no such choice", words);
}

static int take_value(const struct command_line *command, const struct option_row *row, size_t at,
                      const char *value)
{
    void *to = (char *)command->options + at;
    const char *wrong = NULL;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)to = true;
        return TOOL_GO_ON;
    case OPTION_TEXT:
        *(const char **)to = value;
        return TOOL_GO_ON;
    case OPTION_CHOICE:
        return take_choice(command, row, value, to);
    case OPTION_NUMBER:
        return take_number(command, row, value, to);
    case OPTION_COUNT:
        return take_count(command, row, value, to);
    case OPTION_READ:
        wrong = row->read(value, to);
        return wrong ? usage_wrong(command, "--%s %s: %s", row->name, value, wrong) : TOOL_GO_ON;
    }
    return TOOL_FAILED;
}

/* --- Unknown options --- */

/* Whether an option's name sounds as if a secret followed, which nobody should give there. */
static bool names_secret(const char *name)
{
    static const char *const secrets[] = { "pin", "puk", "password", "passphrase" };
    size_t size = strlen(name);
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        size_t end = strlen(secrets[i]);
        if (size >= end && strcasecmp(name + size - end, secrets[i]) == 0)
            return strncmp(name, "no-", 3) != 0;
    }
    return false;
}

/* The secret itself is not repeated. */
static int refuse_secret(const struct command_line *command, const char *name)
{
    char file[NAME_SIZE + 8], variable[NAME_SIZE + 8];
    snprintf(file, sizeof file, "%.*s-file", NAME_SIZE, name);
    snprintf(variable, sizeof variable, "%.*s-env", NAME_SIZE, name);
    static const char why[] =
        "PINs and passwords are not given on the command line, which every "
        "user of the machine can read";
    if (!verb_knows(command->verb, file))
        return usage_wrong(command, "--%s: %s", name, why);
    if (!verb_knows(command->verb, variable))
        return usage_wrong(command, "--%s: %s: --%s FILE", name, why, file);
    return usage_wrong(command, "--%s: %s: --%s FILE or --%s VARIABLE", name, why, file, variable);
}

static const struct verb *other_verb_with(const struct command_line *command, const char *name)
{
    for (size_t i = 0; i < command->family->count; i++)
        if (verb_knows(&command->family->verbs[i], name))
            return &command->family->verbs[i];
    return NULL;
}

static int refuse_option(const struct command_line *command, const char *name)
{
    struct nearest search = { .typed = name };
    const struct verb *verb = command->verb, *other = other_verb_with(command, name);
    const struct option_row *row;
    size_t at;
    if (names_secret(name) && !other)
        return refuse_secret(command, name);
    if (other)
        return usage_wrong(command, "--%s: an option of `%s %s`, not of `%s`", name,
                           command->family->name, other->name, verb->name);
    for (size_t i = 0; (row = verb_option(verb, i, &at)); i++)
        nearest_consider(&search, row->name);
    if (search.word)
        return usage_wrong(command, "--%s: no such option; did you mean --%s?", name, search.word);
    return usage_wrong(command, "--%s: no such option", name);
}

/* --- Options --- */

static int check_doubled(struct reading *r, const struct option_row *row)
{
    for (size_t i = 0; i < r->given_count; i++)
        if (r->given[i] == row && row->kind != OPTION_FLAG && !row->many)
            return usage_wrong(r->command, "--%s: given twice", row->name);
    if (r->given_count < OPTIONS_MAX)
        r->given[r->given_count++] = row;
    return TOOL_GO_ON;
}

/* The word after an option is its value, unless it is `--` or another option of the verb. */
static bool is_value(const struct verb *verb, const char *word)
{
    return word && strcmp(word, "--") != 0 &&
           (strncmp(word, "--", 2) != 0 || !verb_knows(verb, word + 2));
}

static int take_row(struct reading *r, const struct option_row *row, size_t at, const char *value)
{
    struct command_line *command = r->command;
    int status = check_doubled(r, row);
    if (status != TOOL_GO_ON)
        return status;
    if (!row->value)
        return value ? usage_wrong(command, "--%s: takes no value", row->name)
                     : take_value(command, row, at, NULL);
    if (!value && is_value(command->verb, *r->next))
        value = *r->next++;
    return value ? take_value(command, row, at, value)
                 : usage_wrong(command, "--%s: %s is missing", row->name, row->value);
}

static int take_letter(struct reading *r, const char *word)
{
    const struct option_row *row;
    size_t at;
    for (size_t i = 0; (row = verb_option(r->command->verb, i, &at)); i++)
        if (row->letter == word[1] && !word[2])
            return take_row(r, row, at, NULL);
    /* What follows the letter may be a secret. */
    return usage_wrong(r->command, "-%.1s: no such option", word + 1);
}

static int take_option(struct reading *r, const char *word)
{
    const char *value = strchr(word, '=');
    char name[NAME_SIZE];
    const struct option_row *row;
    size_t at, size = value ? (size_t)(value - word) - 2 : strlen(word) - 2;
    if (word[1] != '-')
        return take_letter(r, word);
    snprintf(name, sizeof name, "%.*s", (int)size, word + 2);
    for (size_t i = 0; size < NAME_SIZE && (row = verb_option(r->command->verb, i, &at)); i++)
        if (strcmp(row->name, name) == 0)
            return take_row(r, row, at, value ? value + 1 : NULL);
    return refuse_option(r->command, name);
}

/* --- Operands --- */

/* Writes the name of operand number `index`, as the usage calls it. */
static void name_operand(const struct verb *verb, size_t index, char out[NAME_SIZE])
{
    const char *at = verb->operands ? verb->operands : "";
    while (index-- && *at) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    at += strspn(at, "[-] ");
    snprintf(out, NAME_SIZE, "%.*s", (int)strcspn(at, " .]"), at);
}

/* Whether the verb asks for a PIN or a password. */
static bool takes_secret(const struct verb *verb)
{
    return verb_knows(verb, "pin-file") || verb_knows(verb, "so-pin-file") ||
           verb_knows(verb, "password-file") || verb_knows(verb, "custodian-pin-file");
}

static int check_operands(const struct command_line *command)
{
    const struct verb *verb = command->verb;
    char name[NAME_SIZE];
    if (command->operands < verb->least) {
        name_operand(verb, (size_t)command->operands, name);
        return usage_wrong(command, "%s is missing", name);
    }
    if (command->operands <= verb->most)
        return TOOL_GO_ON;
    const char *first = command->operand[verb->most];
    if (takes_secret(verb) && !verb->actions) /* the word may be one, and is not repeated */
        return usage_wrong(command, "one word too many; PINs are not given on the command line");
    return verb->actions ? usage_wrong(command, "actions follow --")
                         : usage_wrong(command, "%s: one word too many", first);
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1];
}

/* Reads the next word; *ended becomes true at the end of the options, after which all are operands.
 */
static int read_word(struct reading *r, bool *ended)
{
    struct command_line *command = r->command;
    char *word = *r->next++;
    if (*ended || !is_option(word)) {
        command->operand[command->operands++] = word;
        return TOOL_GO_ON;
    }
    if (strcmp(word, "--") == 0) {
        *ended = true;
        return TOOL_GO_ON;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return usage_print(stdout, command->family, command->verb);
    return take_option(r, word);
}

/* Reads all words. Operands move to the front, over words that were read. */
static int read_words(struct reading *r)
{
    static char *nothing[] = { NULL };
    struct command_line *command = r->command;
    bool ended = false, has_rest = command->verb->stops || command->verb->actions;
    int status = TOOL_GO_ON;
    command->operand = r->next;
    while (*r->next && status == TOOL_GO_ON && !(ended && has_rest)) {
        if (command->verb->stops && !is_option(*r->next))
            break;
        status = read_word(r, &ended);
    }
    command->rest = has_rest ? r->next : nothing;
    if (!command->operands)
        command->operand = nothing;
    else if (command->operand + command->operands < r->next)
        command->operand[command->operands] = NULL;
    return status == TOOL_GO_ON ? check_operands(command) : status;
}

/* --- Verbs --- */

static int find_verb(struct command_line *command, const char *word)
{
    const struct family *family = command->family;
    const char *names[VERBS_MAX + 1] = { NULL };
    for (size_t i = 0; i < family->count && i < VERBS_MAX; i++) {
        names[i] = family->verbs[i].name;
        if (word && strcmp(word, names[i]) == 0) {
            command->verb = &family->verbs[i];
            return TOOL_GO_ON;
        }
    }
    if (word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0))
        return usage_print(stdout, family, NULL);
    if (word && *word == '-')
        return usage_wrong(command, "%.*s: options follow the verb", (int)strcspn(word, "="), word);
    return word ? usage_unknown(command, "", word, "no such verb", names)
                : usage_without_verb(command);
}

static int make_options(struct command_line *command)
{
    const struct option_row *row;
    size_t at;
    command->options = calloc(1, command->verb->size + 1);
    if (!command->options)
        return tool_complain(TOOL_FAILED, "there is no memory");
    for (size_t i = 0; (row = verb_option(command->verb, i, &at)); i++)
        if (row->kind == OPTION_NUMBER)
            *(int *)((char *)command->options + at) = row->unsaid;
    return TOOL_GO_ON;
}

int command_read(const struct family *family, char **words, struct command_line *out)
{
    struct reading r = { .command = out, .next = words };
    int status = TOOL_GO_ON;
    *out = (struct command_line){ .family = family };
    if (!family->verbs[0].name) {
        out->verb = &family->verbs[0];
    } else {
        status = find_verb(out, *words);
        r.next += !!*words;
    }
    if (status == TOOL_GO_ON)
        status = make_options(out);
    return status == TOOL_GO_ON ? read_words(&r) : status;
}

void command_end(struct command_line *command)
{
    free(command->options);
    command->options = NULL;
}

int command_run(const struct family *family, char **words)
{
    SCOPED(command_end) struct command_line command = { 0 };
    int status = command_read(family, words, &command);
    return status == TOOL_GO_ON ? command.verb->run(&command) : status;
}
