/* The table of subcommands, and the completion scripts that are printed from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct subcommand {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *description;
    const char *verbs; /* words that may come first, separated by blanks; NULL: any word */
};

/* Prints a completion script for a shell (bash, zsh, fish); false: there is none for this name. The
 * script gets options from `glasshsm SUBCOMMAND --help`, so that each is written down once. */
bool completion_print(const char *shell, const struct subcommand *rows, size_t count);
