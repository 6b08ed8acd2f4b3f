/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and prints JSON, for the whole tool. A member that is missing or of another type, as in the
 * answer of an older daemon, reads as nothing: the text that the caller names, 0 or false. */
#pragma once

#include <jansson.h>

#include "base/bytes.h"

/* The text of a member; otherwise: what stands for a missing one. Borrowed from the object. */
const char *value_text(const json_t *object, const char *key, const char *otherwise);
int64_t value_number(const json_t *object, const char *key);
bool value_flag(const json_t *object, const char *key);
/* The bytes of a string, borrowed from it; empty for any other value. */
struct span value_span(const json_t *string);

/* Prints a value on standard output, on one line, and releases it. Gives the exit status: NULL, a
 * value that could not be built, is complained about. */
int value_print(json_t *value);
/* The same for a value with secrets among its strings: afterwards none of them is left in memory,
 * apart from the buffer of standard output. */
int value_print_secret(json_t *value);
