/* Subcommands as rows, and what is printed from them for a shell. */
#pragma once

#include <stddef.h>

struct subcommand {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *description;
    const char *verbs; /* the words that may come first, separated by blanks; NULL: any */
};

/* A script for bash on standard output. Options it asks of `glasshsm SUBCOMMAND --help`, so that
 * each is written down once. */
void completion_print(const struct subcommand *rows, size_t count);
