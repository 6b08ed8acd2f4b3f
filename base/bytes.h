/* Bytes are never indexed, they are read and written.
 *
 * A span is borrowed bytes. A reader walks a span, a writer fills a buffer of fixed capacity.
 * Neither can overrun. Both remember that something went wrong, so a caller works straight down a
 * message and asks once before it acts:
 *
 *     struct reader in = reader_of(message);
 *     uint8_t       id   = read_u8(&in);
 *     struct span   salt = read_span(&in, 16);
 *     if (!read_finished(&in))            // all there, nothing failed, nothing left over
 *         return SW_WRONG_DATA;
 *
 * Pointer arithmetic lives in bytes.c and tlv.c only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/* Borrowed bytes; valid as long as the owner keeps them. The empty span is {0}. */
struct span {
    const uint8_t *at;
    size_t size;
};

#define SPAN_OF(array) ((struct span){ (array), sizeof(array) })
struct span span_of(const void *at, size_t size);
struct span span_of_text(const char *text); /* without the terminating zero */
/* A part of a span; what lies outside is cut off. */
struct span span_part(struct span whole, size_t from, size_t size);
/* Equal in length and content. Time depends on the lengths alone, so it serves for secrets as well.
 */
bool span_equal(struct span a, struct span b);
bool span_is_zero(struct span bytes);
/* Copies to `to`, which must hold size bytes; false, and nothing copied, unless source has exactly
 * size. */
MUST_CHECK bool span_copy(struct span source, uint8_t *to, size_t size);

/* --- Reader --- */

/* The first failed read marks the whole tree of readers (this one, its parents, their other
 * children); all later reads give zero or empty. A child must not outlive its parent. */
struct reader {
    struct span rest;
    bool failed;
    struct reader *parent;
};

struct reader reader_of(struct span bytes);
/* A reader for a part of what parent reads; failures travel up. Used by tlv.c. */
struct reader reader_child(struct reader *parent, struct span bytes);

uint8_t read_u8(struct reader *in);
uint16_t read_u16(struct reader *in); /* big endian, as everything on this wire */
uint32_t read_u32(struct reader *in);
uint64_t read_u64(struct reader *in);
struct span read_span(struct reader *in, size_t size);
struct span read_rest(struct reader *in);
/* A 16-bit length and that many bytes: how key components are stored and travel in key blobs. */
struct span read_counted(struct reader *in);

size_t read_left(const struct reader *in);
bool read_failed(const struct reader *in);
/* Marks the tree as failed: for callers that find a value they cannot accept. */
void read_fail(struct reader *in);
/* Nothing failed and nothing is left over. Ask this before acting on what was read. */
MUST_CHECK bool read_finished(const struct reader *in);

/* --- Writer --- */

/* Fills a buffer it does not own. When something does not fit, nothing of it is written and `full`
 * stays set; the owner asks once, at the end. */
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
/* Room for size bytes that somebody else fills in (a library, a random source); NULL when full. The
 * bytes count as written; see write_trim(). */
uint8_t *write_room(struct writer *out, size_t size);
/* Forgets everything after the first size bytes (and wipes it); does not clear `full`. */
void write_trim(struct writer *out, size_t size);
/* Opens a gap of size bytes at position, moving what follows: for tlv_close. */
void write_insert(struct writer *out, size_t position, struct span bytes);

/* Replaces what stands from position on, at most up to the current end, and goes on behind it. */
void write_over(struct writer *out, size_t position, struct span bytes);

struct span written(const struct writer *out);

/* --- Hex --- */

/* Of at most 32 bytes, for formats: printf("%s", hex_of(bytes).text). */
struct hex_text {
    char text[65];
};
struct hex_text hex_of(struct span bytes);

/* --- Hex as people type it --- */

/* Reads pairs of hexadecimal digits, ignoring blanks and colons between pairs; false when text is
 * not that, or does not fit. */
MUST_CHECK bool hex_decode(const char *text, struct writer *out);
