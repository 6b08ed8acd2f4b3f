/* SPDX-License-Identifier: Apache-2.0 */
/* Spans, readers and writers of bytes.h; every access to a buffer is checked here. */
#include "base/bytes.h"

#include <string.h>

#include "base/wipe.h"

struct span span_of(const void *at, size_t size)
{
    return (struct span){ at, size };
}

struct span span_of_text(const char *text)
{
    return (struct span){ (const uint8_t *)text, strlen(text) };
}

struct span span_part(struct span whole, size_t from, size_t size)
{
    if (from > whole.size || !whole.at) /* C forbids to add even 0 to a null pointer */
        return (struct span){ 0 };
    size_t left = whole.size - from;
    return (struct span){ whole.at + from, size < left ? size : left };
}

bool span_equal(struct span a, struct span b)
{
    if (a.size != b.size)
        return false;
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < a.size; i++)
        difference |= a.at[i] ^ b.at[i];
    return difference == 0;
}

bool span_is_zero(struct span bytes)
{
    volatile uint8_t any = 0;
    for (size_t i = 0; i < bytes.size; i++)
        any |= bytes.at[i];
    return any == 0;
}

bool span_copy(struct span source, uint8_t *to, size_t size)
{
    if (source.size != size)
        return false;
    if (size)
        memcpy(to, source.at, size);
    return true;
}

/* --- Reader --- */

struct reader reader_of(struct span bytes)
{
    return (struct reader){ .rest = bytes };
}

struct reader reader_child(struct reader *parent, struct span bytes)
{
    return (struct reader){ .rest = bytes, .parent = parent };
}

bool read_failed(const struct reader *in)
{
    for (; in; in = in->parent)
        if (in->failed)
            return true;
    return false;
}

void read_fail(struct reader *in)
{
    for (; in; in = in->parent)
        in->failed = true;
}

size_t read_left(const struct reader *in)
{
    return read_failed(in) ? 0 : in->rest.size;
}

struct span read_span(struct reader *in, size_t size)
{
    if (read_failed(in) || size > in->rest.size) {
        read_fail(in);
        return (struct span){ 0 };
    }
    struct span bytes = { in->rest.at, size };
    in->rest = span_part(in->rest, size, in->rest.size);
    return bytes;
}

struct span read_rest(struct reader *in)
{
    return read_span(in, read_left(in));
}

static uint64_t read_number(struct reader *in, size_t size)
{
    struct span bytes = read_span(in, size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | bytes.at[i];
    return value;
}

uint8_t read_u8(struct reader *in)
{
    return (uint8_t)read_number(in, 1);
}

uint16_t read_u16(struct reader *in)
{
    return (uint16_t)read_number(in, 2);
}

uint32_t read_u32(struct reader *in)
{
    return (uint32_t)read_number(in, 4);
}

uint64_t read_u64(struct reader *in)
{
    return read_number(in, 8);
}

struct span read_counted(struct reader *in)
{
    return read_span(in, read_u16(in));
}

bool read_finished(const struct reader *in)
{
    return !read_failed(in) && in->rest.size == 0;
}

/* --- Writer --- */

struct writer writer_of(void *at, size_t capacity)
{
    return (struct writer){ .at = at, .capacity = capacity };
}

uint8_t *write_room(struct writer *out, size_t size)
{
    if (out->full || size > out->capacity - out->size) {
        out->full = true;
        return NULL;
    }
    uint8_t *room = out->at + out->size;
    out->size += size;
    return room;
}

void write_span(struct writer *out, struct span bytes)
{
    uint8_t *room = write_room(out, bytes.size);
    if (room && bytes.size)
        memcpy(room, bytes.at, bytes.size);
}

void write_zeros(struct writer *out, size_t size)
{
    uint8_t *room = write_room(out, size);
    if (room && size)
        memset(room, 0, size);
}

static void write_number(struct writer *out, uint64_t value, size_t size)
{
    uint8_t *room = write_room(out, size);
    for (size_t i = 0; room && i < size; i++)
        room[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

void write_u8(struct writer *out, uint8_t value)
{
    write_number(out, value, 1);
}

void write_u16(struct writer *out, uint16_t value)
{
    write_number(out, value, 2);
}

void write_u32(struct writer *out, uint32_t value)
{
    write_number(out, value, 4);
}

void write_u64(struct writer *out, uint64_t value)
{
    write_number(out, value, 8);
}

void write_counted(struct writer *out, struct span bytes)
{
    if (bytes.size > UINT16_MAX) {
        out->full = true;
        return;
    }
    write_u16(out, (uint16_t)bytes.size);
    write_span(out, bytes);
}

void write_text(struct writer *out, const char *text)
{
    write_span(out, span_of_text(text));
}

void write_hex(struct writer *out, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *room = bytes.size <= SIZE_MAX / 2 ? write_room(out, 2 * bytes.size) : NULL;
    for (size_t i = 0; room && i < bytes.size; i++) {
        room[2 * i] = (uint8_t)digits[bytes.at[i] >> 4];
        room[2 * i + 1] = (uint8_t)digits[bytes.at[i] & 15];
    }
}

void write_decimal(struct writer *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    write_span(out, span_of(digits + at, sizeof digits - at));
}

void write_trim(struct writer *out, size_t size)
{
    if (size >= out->size)
        return;
    secret_wipe(out->at + size, out->size - size);
    out->size = size;
}

void write_insert(struct writer *out, size_t position, struct span bytes)
{
    size_t moved = out->size - position;
    if (!write_room(out, bytes.size) || !bytes.size)
        return;
    memmove(out->at + position + bytes.size, out->at + position, moved);
    memcpy(out->at + position, bytes.at, bytes.size);
}

void write_over(struct writer *out, size_t position, struct span bytes)
{
    size_t end = out->size;
    if (position > end) {
        out->full = true;
        return;
    }
    out->size = position;
    write_span(out, bytes);
    if (out->size < end)
        out->size = end;
}

struct span written(const struct writer *out)
{
    return (struct span){ out->at, out->size };
}

/* --- Hex --- */

struct hex_text hex_of(struct span bytes)
{
    struct hex_text hex = { 0 };
    struct writer out = writer_of(hex.text, sizeof hex.text - 1);
    write_hex(&out, bytes);
    return hex;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(const char *text, struct writer *out)
{
    for (;;) {
        text += strspn(text, " \t\r\n:");
        if (!*text)
            return !out->full;
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return false;
        write_u8(out, (uint8_t)(high << 4 | low));
        text += 2;
    }
}
