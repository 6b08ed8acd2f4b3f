/* Subcommands as rows, and what is printed from them for a shell. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct subcommand {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *description;
    const char *verbs; /* the words that may come first, separated by blanks; NULL: any */
};

/* A script for a shell on standard output; false: for none of this name. Options it asks of
 * `glasshsm SUBCOMMAND --help`, so that each is written down once. */
bool completion_print(const char *shell, const struct subcommand *rows, size_t count);
