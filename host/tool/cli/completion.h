/* SPDX-License-Identifier: Apache-2.0 */
/* Completion scripts for shells, printed from the tables of the command line. */
#pragma once

#include <stdbool.h>

#include "host/tool/cli/options.h"

/* Prints the script for a shell (bash, zsh, fish); false: there is none for this name. families:
 * ended by NULL. */
bool completion_print(const char *shell, const struct family *const *families);
