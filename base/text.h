/* Text that programs exchange: lines, decimal numbers, hexadecimal, Base64. Everything has one
 * spelling; readers fail at any other. They read like those of bytes.h: straight down, and ask
 * once.
 */
#pragma once

#include "base/bytes.h"

/* The bytes up to the next newline, which is taken too and not given; fails when there is none. */
struct span read_line(struct reader *in);
/* What comes next, or failure. */
void read_expected(struct reader *in, const char *text);
/* Whether this comes next; nothing is taken. */
bool next_is(const struct reader *in, const char *text);
/* Digits without leading zeros, as many as there are; fails beyond 64 bits. */
uint64_t read_decimal(struct reader *in);
/* 2 * size lower-case hexadecimal digits. */
void read_hex(struct reader *in, uint8_t *out, size_t size);

/* Base64 with padding, RFC 4648 section 4. */
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4)
void write_base64(struct writer *out, struct span bytes);
/* False for anything that write_base64 would not have written, or when it does not fit. */
MUST_CHECK bool base64_decode(struct span text, struct writer *out);
