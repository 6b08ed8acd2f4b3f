/* SPDX-License-Identifier: Apache-2.0 */
/* Safe reading and writing of byte strings, used for every message, file and row instead of array
 * indexes.
 *
 * A span is borrowed bytes. A reader takes values from the front of a span; a writer appends values
 * to a buffer of fixed capacity. Neither can run past its end. Both remember the first error, so a
 * caller reads all fields in order and asks once, before it acts:
 *
 *     struct reader in = reader_of(message);
 *     uint8_t       id   = read_u8(&in);
 *     struct span   salt = read_span(&in, 16);
 *     if (!read_finished(&in))            // a field was missing, or bytes are left over
 *         return SW_WRONG_DATA;
 *
 * Readers and writers move their pointers in bytes.c and tlv.c only; other files use the functions
 * below. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/* Borrowed bytes: valid as long as their owner keeps them. The empty span is {0}. */
struct span {
    const uint8_t *at;
    size_t size;
};

#define SPAN_OF(array) ((struct span){ (array), sizeof(array) })
struct span span_of(const void *at, size_t size);
struct span span_of_text(const char *text); /* without the terminating zero */
/* The size bytes from offset `from` on; shorter, or empty, where the whole ends before. */
struct span span_part(struct span whole, size_t from, size_t size);
/* Whether both spans have the same length and content. The time depends on the lengths alone, so
 * secrets may be compared with it. */
bool span_equal(struct span a, struct span b);
bool span_is_zero(struct span bytes);
/* Copies the source to `to`, which must hold size bytes. False, with nothing copied, unless the
 * source has exactly that size. */
MUST_CHECK bool span_copy(struct span source, uint8_t *to, size_t size);

/* --- Reader --- */

/* The first failed read marks the whole tree of readers (this one, its parents and their other
 * children) as failed; all later reads give zero or an empty span. A child must not outlive its
 * parent. */
struct reader {
    struct span rest;
    bool failed;
    struct reader *parent;
};

struct reader reader_of(struct span bytes);
/* A reader for bytes that lie inside what the parent reads; its failure marks the parent as failed,
 * too. Used by tlv.c. */
struct reader reader_child(struct reader *parent, struct span bytes);

uint8_t read_u8(struct reader *in);
uint16_t read_u16(struct reader *in); /* integers are big-endian in every format that is read
                                         here */
uint32_t read_u32(struct reader *in);
uint64_t read_u64(struct reader *in);
struct span read_span(struct reader *in, size_t size);
struct span read_rest(struct reader *in);
/* A 16-bit length and that many bytes, the form of key components in the store and in key blobs. */
struct span read_counted(struct reader *in);

size_t read_left(const struct reader *in);
bool read_failed(const struct reader *in);
/* Marks the tree of readers as failed: for callers that read a value which they cannot accept. */
void read_fail(struct reader *in);
/* Whether no read failed and no byte is left over. Ask this before acting on what was read. */
MUST_CHECK bool read_finished(const struct reader *in);

/* --- Writer --- */

/* Appends to a buffer that somebody else owns. A value that does not fit is not written at all, not
 * even in part, and `full` stays set; the owner of the writer asks for it once, at the end. */
struct writer {
    uint8_t *at;
    size_t capacity;
    size_t size;
    bool full;
};

#define WRITER_OF(array) ((struct writer){ .at = (array), .capacity = sizeof(array) })
struct writer writer_of(void *at, size_t capacity);

void write_u8(struct writer *out, uint8_t value);
void write_u16(struct writer *out, uint16_t value);
void write_u32(struct writer *out, uint32_t value);
void write_u64(struct writer *out, uint64_t value);
void write_span(struct writer *out, struct span bytes);
void write_zeros(struct writer *out, size_t size);
void write_counted(struct writer *out, struct span bytes);
void write_text(struct writer *out, const char *text);
void write_hex(struct writer *out, struct span bytes); /* lower case */
void write_decimal(struct writer *out, uint64_t value);
/* Space for size bytes that the caller fills in by other means (a library, a random source); NULL
 * when they do not fit. The bytes count as written at once; write_trim() takes unused ones back. */
uint8_t *write_room(struct writer *out, size_t size);
/* Removes and wipes everything after the first size bytes; does not clear `full`. */
void write_trim(struct writer *out, size_t size);
/* Inserts bytes at a position and moves up what followed. tlv_close() inserts lengths with it. */
void write_insert(struct writer *out, size_t position, struct span bytes);

/* Writes bytes from a position on, over what was written there; they may go beyond the current end,
 * which moves then. A position beyond the end sets `full`. */
void write_over(struct writer *out, size_t position, struct span bytes);

struct span written(const struct writer *out);

/* --- Hex --- */

/* Hexadecimal digits of at most 32 bytes, for formats: printf("%s", hex_of(bytes).text). */
struct hex_text {
    char text[65];
};
struct hex_text hex_of(struct span bytes);

/* --- Hex as people type it --- */

/* Appends the bytes that pairs of hexadecimal digits stand for; blanks and colons between pairs are
 * ignored. False when the text holds anything else, or the bytes do not fit. */
MUST_CHECK bool hex_decode(const char *text, struct writer *out);
