/* SPDX-License-Identifier: Apache-2.0 */
/* Readers and writers of text.h. */
#include "base/text.h"

#include <string.h>

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct span read_line(struct reader *in)
{
    const uint8_t *end = in->rest.size ? memchr(in->rest.at, '\n', in->rest.size) : NULL;
    if (!end || read_failed(in)) {
        read_fail(in);
        return (struct span){ 0 };
    }
    struct span line = read_span(in, (size_t)(end - in->rest.at));
    read_u8(in);
    return line;
}

/* memcmp, which stops at the first difference, is allowed here: the text is not secret, and
 * millions of lines pass through. */
bool next_is(const struct reader *in, const char *text)
{
    size_t size = strlen(text);
    return !read_failed(in) && in->rest.size >= size && memcmp(in->rest.at, text, size) == 0;
}

void read_expected(struct reader *in, const char *text)
{
    if (!next_is(in, text))
        read_fail(in);
    read_span(in, strlen(text));
}

static size_t count_digits(struct span text)
{
    size_t count = 0;
    while (count < text.size && text.at[count] >= '0' && text.at[count] <= '9')
        count++;
    return count;
}

uint64_t read_decimal(struct reader *in)
{
    struct span digits = read_span(in, count_digits(in->rest));
    uint64_t value = 0;
    bool good = digits.size == 1 || (digits.size && *digits.at != '0');
    for (size_t i = 0; good && i < digits.size; i++)
        good = !__builtin_mul_overflow(value, 10u, &value) &&
               !__builtin_add_overflow(value, (unsigned)(digits.at[i] - '0'), &value);
    if (!good)
        read_fail(in);
    return read_failed(in) ? 0 : value;
}

/* The value of a digit; 16 or more for any other character. */
static unsigned hex_value(uint8_t c)
{
    unsigned digit = c - (unsigned)'0', letter = c - (unsigned)'a';
    return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

void read_hex(struct reader *in, uint8_t *out, size_t size)
{
    struct span digits = read_span(in, 2 * size);
    unsigned bad = 0;
    for (size_t i = 0; i < digits.size / 2; i++) {
        unsigned high = hex_value(digits.at[2 * i]), low = hex_value(digits.at[2 * i + 1]);
        out[i] = (uint8_t)(high << 4 | low);
        bad |= (high | low) & 16;
    }
    if (bad)
        read_fail(in);
}

/* --- Base64: groups of three bytes as four digits --- */

static void write_group(struct span group, uint8_t *to)
{
    uint8_t bytes[3] = { 0 };
    memcpy(bytes, group.at, group.size);
    unsigned bits = (unsigned)bytes[0] << 16 | (unsigned)bytes[1] << 8 | bytes[2];
    for (size_t i = 0; i < 4; i++)
        to[i] = (uint8_t)(i > group.size ? '=' : digits64[bits >> (18 - 6 * i) & 63]);
}

void write_base64(struct writer *out, struct span bytes)
{
    uint8_t *room = bytes.size <= SIZE_MAX / 2 ? write_room(out, BASE64_SIZE(bytes.size)) : NULL;
    for (size_t at = 0; room && at < bytes.size; at += 3, room += 4)
        write_group(span_part(bytes, at, 3), room);
}

/* How many of the four characters are digits; 0 when they are not a valid group. */
static size_t read_group(struct span group, unsigned *out_bits)
{
    size_t count = 0;
    *out_bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t c = group.at[i];
        const char *found = c ? strchr(digits64, c) : NULL;
        if (found ? count < i : c != '=')
            return 0;
        count += found != NULL;
        *out_bits = *out_bits << 6 | (found ? (unsigned)(found - digits64) : 0);
    }
    return count;
}

/* Only the last group may be padded, and the unused low bits of its last digit must be zero. */
static bool decode_group(struct span group, bool last, struct writer *out)
{
    unsigned bits;
    size_t count = read_group(group, &bits);
    if (count < 2 || (count < 4 && !last) || bits & (0xFFFFFFu >> 8 * (count - 1)))
        return false;
    for (size_t i = 0; i + 1 < count; i++)
        write_u8(out, (uint8_t)(bits >> (16 - 8 * i)));
    return true;
}

bool base64_decode(struct span text, struct writer *out)
{
    if (text.size % 4)
        return false;
    for (size_t at = 0; at < text.size; at += 4)
        if (!decode_group(span_part(text, at, 4), at + 4 == text.size, out))
            return false;
    return !out->full;
}
