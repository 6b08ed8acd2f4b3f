/* SPDX-License-Identifier: Apache-2.0 */
/* Printing, for the whole tool: no other file calls printf() or one of its kin, which
 * tests/printing.py checks. Names, labels, messages and files of cards, readers, daemons and other
 * people are foreign text: a terminal must not obey it, and nobody may take it for a line of ours.
 *
 * In foreign text, '?' replaces: control characters (C0, DEL, C1); characters that are invisible,
 * that change the direction of writing, or that are drawn over others (combining marks); bytes that
 * are not UTF-8. hidden_characters.py chooses them by the categories of Unicode. After
 * TEXT_FIELD_MAX characters follows "...". */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/scope.h"

#define TEXT_FIELD_MAX 1024

/* fprintf() that treats every %s and %.*s as foreign text; a width counts characters. The format
 * itself is trusted. */
void text_print(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vprint(FILE *to, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
/* Prints our own words `before` and `after`, and what the format says between them, on standard
 * error in one write. For tool_complain() and usage_wrong(). */
void text_complain(const char *before, const char *format, va_list arguments, const char *after)
    PRINTF_LIKE(2, 0);
/* Prints trusted text: a literal, or a page of help. False: it could not be written. */
bool text_own(FILE *to, const char *text);
/* Prints foreign text as one field. */
void terminal_text(FILE *to, struct span text);
/* Prints a foreign line of JSON, of any length. What is replaced elsewhere is written as \uXXXX
 * here, which means the same to a JSON reader. */
void text_json_line(FILE *to, struct span json);
/* Prints a value as JSON on one line. For NULL, a value that could not be built, it complains.
 * Gives the exit status. */
int text_json(FILE *to, const json_t *value);
/* Prints foreign text of several lines and any length, such as a receipt or checkpoint: newlines
 * stay, all else is treated as in a field. */
void text_lines(FILE *to, struct span text);
/* Foreign text as a JSON string, in which '?' replaces bytes that are not UTF-8. */
json_t *text_value(struct span text);
