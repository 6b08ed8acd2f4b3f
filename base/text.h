/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing of text that programs exchange: lines, decimal numbers, hexadecimal, Base64.
 * Each value has exactly one accepted spelling; any other makes the reader fail. Used like bytes.h:
 * read all fields in order, and ask once for failure. */
#pragma once

#include "base/bytes.h"

/* Takes a line and its newline, and gives the line without the newline; fails when there is no
 * newline. */
struct span read_line(struct reader *in);
/* Takes this text; fails when something else comes next. */
void read_expected(struct reader *in, const char *text);
/* Whether this text comes next; takes nothing. */
bool next_is(const struct reader *in, const char *text);
/* Takes all decimal digits that come next as a number. Fails on no digits, a leading zero, or a
 * number of more than 64 bits. */
uint64_t read_decimal(struct reader *in);
/* Takes 2 * size lower-case hexadecimal digits. */
void read_hex(struct reader *in, uint8_t *out, size_t size);

/* Base64 with padding, RFC 4648 section 4. */
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4)
void write_base64(struct writer *out, struct span bytes);
/* Appends the decoded bytes. False when write_base64() would have written another text for them, or
 * when they do not fit. */
MUST_CHECK bool base64_decode(struct span text, struct writer *out);
