/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line of a subcommand by its table, and runs it. */
#pragma once

#include "host/tool/cli/usage.h"

/* Reads the words after the subcommand's name; they end with NULL, and are reordered. TOOL_GO_ON:
 * the verb shall be run; else the exit status, after a complaint or after help that was asked for.
 * The caller ends *out in any case, and the words must outlive it.
 *
 * `--name VALUE` and `--name=VALUE` are the same. Options and operands may be mixed; `--` ends the
 * options. Names are never guessed from their beginning. */
int command_read(const struct family *family, char **words, struct command_line *out);
/* Frees the options. Harmless on an empty variable. */
void command_end(struct command_line *command);

/* Reads and runs; gives the exit status. */
int command_run(const struct family *family, char **words);
