/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the tool, as tables. A subcommand (struct family) has verbs; each verb names
 * the options that it knows. Reading (command.h), usage errors and help (usage.h), completion and
 * man pages follow these tables. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- Options --- */

enum option_kind {
    OPTION_FLAG,   /* takes no value; the member is a bool, which becomes true */
    OPTION_TEXT,   /* const char * */
    OPTION_CHOICE, /* const char *: one of the words in `value`, which `|` separates */
    OPTION_NUMBER, /* int, from `least` to `most`; `unsaid` when the option is not given */
    OPTION_COUNT,  /* uint64_t, at least 1 */
    OPTION_READ,   /* `read` stores the value */
};

/* Stores the value of an option in the member `to`. Returns NULL, or what is wrong with it, as in
 * "a key begins with hexadecimal digits". */
typedef const char *option_reader(const char *value, void *to);

struct option_row {
    const char *name;  /* without "--" */
    const char *value; /* what its value is called: "FILE"; for a choice "on|off"; NULL: a flag */
    const char *help;  /* what it does; wrapped where it is printed, and '\n' begins a new line */
    enum option_kind kind;
    size_t to; /* offset of the member that it sets */
    int least, most, unsaid;
    option_reader *read;
    bool many;   /* may be given more than once; any other option is an error when doubled */
    char letter; /* the short form, as in -v; 0: none */
};

/* A table of options ends with this row. */
#define OPTIONS_END                                                                                \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* The offset of a member. It does not compile when the member has another type than the option's
 * values. */
#define OPTION_TO(type, where, member)                                                             \
    (offsetof(where, member) - 1 +                                                                 \
     sizeof(char[__builtin_types_compatible_p(type, __typeof__(((where *)0)->member)) ? 1 : -1]))
/* The rest of a row, by kind. where: the struct; member: the member of it that is set. */
#define INTO_FLAG(where, member) .kind = OPTION_FLAG, .to = OPTION_TO(bool, where, member)
#define INTO_TEXT(where, member) .kind = OPTION_TEXT, .to = OPTION_TO(const char *, where, member)
#define INTO_CHOICE(where, member)                                                                 \
    .kind = OPTION_CHOICE, .to = OPTION_TO(const char *, where, member)
#define INTO_COUNT(where, member) .kind = OPTION_COUNT, .to = OPTION_TO(uint64_t, where, member)
#define INTO_NUMBER(where, member, from, up_to, otherwise)                                         \
    .kind = OPTION_NUMBER, .to = OPTION_TO(int, where, member), .least = from, .most = up_to,      \
    .unsaid = otherwise
#define INTO(where, member, reader)                                                                \
    .kind = OPTION_READ, .to = offsetof(where, member), .read = reader

/* Options that several verbs have in common, or a verb's own. */
struct option_group {
    const struct option_row *rows; /* NULL: no group */
    size_t at; /* where the struct that the rows' offsets count from begins in the verb's struct */
};

#define OPTION_GROUP(table, offset)                                                                \
    {                                                                                              \
        table, offset                                                                              \
    }

/* --- Verbs and subcommands --- */

struct command_line;
struct card_verb;

#define VERB_GROUPS 7  /* groups of options of a verb, at most */
#define VERBS_MAX   32 /* verbs of a subcommand, at most */

struct verb {
    const char *name;     /* NULL: the only one, of a subcommand without verbs */
    const char *operands; /* as usage shows them: "TYPE KEY", "[FILE]"; NULL: none */
    int least, most;      /* how many operands */
    const char *help;     /* what it does; as in a row */
    size_t size;          /* of the struct that its options set; 0: it has none */
    struct option_group options[VERB_GROUPS];
    bool stops;   /* its options end with the first operand: what follows is another program's */
    bool actions; /* what follows `--` are actions (card_verb.h), not operands */
    int (*run)(struct command_line *command); /* gives the exit status */
    const struct card_verb *card;             /* for verbs that talk to a card; else NULL */
};

/* The options of a verb, one after the other: number `index` of all its groups, and the offset of
 * its member in the verb's struct. NULL: there are no more. */
const struct option_row *verb_option(const struct verb *verb, size_t index, size_t *out_at);
/* Whether one of them has this name, which is without `--`. */
bool verb_knows(const struct verb *verb, const char *name);

struct family {
    const char *name, *description;
    const char *about; /* further help, after the verbs; NULL: none */
    const struct verb *verbs;
    size_t count;
};

/* A command line that was read. */
struct command_line {
    const struct family *family;
    const struct verb *verb; /* NULL: it is not known yet */
    void *options;           /* the verb's struct */
    char **operand;          /* ended by NULL */
    int operands;
    char **rest; /* what follows the options of a verb that stops, or `--` before actions; ended by
                  * NULL, which may come first */
};
