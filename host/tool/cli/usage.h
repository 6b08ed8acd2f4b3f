/* SPDX-License-Identifier: Apache-2.0 */
/* Help and usage errors, from the tables of options.h. */
#pragma once

#include <stdio.h>

#include "base/scope.h"
#include "host/tool/cli/options.h"

/* Complains about a wrong call on one line, which ends with where help is: "glasshsm: key generate:
 * KEY is missing (see glasshsm key generate --help)". Subcommand and verb, as far as they are
 * known, begin the line. Returns TOOL_USAGE. */
int usage_wrong(const struct command_line *command, const char *format, ...) PRINTF_LIKE(2, 3);
/* Complains of a word that is not known, and proposes the nearest of those that there are, or names
 * them all where they are few. before: printed before the word, as in "--forced "; what: as in "no
 * such verb"; words: ended by NULL. */
int usage_unknown(const struct command_line *command, const char *before, const char *typed,
                  const char *what, const char *const *words);
/* Complains that the verb is missing. */
int usage_without_verb(const struct command_line *command);

/* Prints the help of a verb, or of a whole subcommand when verb is NULL. Gives the exit status. */
int usage_print(FILE *to, const struct family *family, const struct verb *verb);
