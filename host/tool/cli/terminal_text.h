/* The one place that prints. Names, labels, messages and files of cards, readers, daemons and other
 * people are foreign: a terminal must not obey them, and nobody take them for a line of ours. So no
 * other file of the tool calls printf() or one of its kin, which tests/printing.py holds it to.
 *
 * In what is foreign, '?' stands for: C0, DEL and C1; characters that nobody sees or that turn the
 * direction of writing; bytes that are not UTF-8. After TEXT_FIELD_MAX characters follows "...". */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/scope.h"

#define TEXT_FIELD_MAX 1024

/* fprintf() whose %s and %.*s are foreign, without exception; a width counts characters. Whatever
 * stands in the format is ours. */
void text_print(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vprint(FILE *to, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
/* One line on standard error: what tool_complain() says. */
void text_complain(const char *format, va_list arguments) PRINTF_LIKE(1, 0);
/* Our own words: a literal, or a page of help. False: it could not be written. */
bool text_own(FILE *to, const char *text);
/* One foreign field. */
void terminal_text(FILE *to, struct span text);
/* A line that is JSON already, of any length: what would be replaced elsewhere is written as \uXXXX,
 * which means the same. */
void text_json_line(FILE *to, struct span json);
/* A value, as JSON on one line. NULL, of which nobody knows why it could not be built, is complained
 * of. Gives the exit status. */
int text_json(FILE *to, const json_t *value);
/* The same within a line. */
void text_json_part(FILE *to, const json_t *value);
/* A receipt or checkpoint, whose lines are several: newlines stay, all else is as in a field of any
 * length. */
void text_lines(FILE *to, struct span text);
/* A foreign text as a JSON string: what is not UTF-8 becomes '?'. */
json_t *text_value(struct span text);
