/* BER-TLV (ISO 7816-4 5.2.2, ITU-T X.690) on reader and writer. No other code knows how a tag or a
 * length is encoded.
 *
 * Tags are the encoded bytes read as a number: 0x30, 0x5F29, 0x7F21; up to three bytes. Lengths are
 * definite, at most four length bytes on reading, minimal on writing. A length that runs beyond the
 * enclosing element, the indefinite form and a fourth tag byte fail the reader. */
#pragma once

#include "base/bytes.h"

struct tlv {
    uint32_t tag;
    struct span value;
    struct span whole; /* header and value */
};

/* The next element; tag 0 when the reader has failed or is at its end. */
struct tlv tlv_read(struct reader *in);
/* The value of the next element, which must have this tag. */
struct span tlv_expect(struct reader *in, uint32_t tag);
/* A reader for the value of the next element, which must have this tag. */
struct reader tlv_enter(struct reader *in, uint32_t tag);
/* Whether the next element has this tag; moves nothing. */
bool tlv_is_next(const struct reader *in, uint32_t tag);
/* The first element with this tag among those left; in order or not. Moves nothing. False when
 * there is none; a malformed element before it fails the reader. */
bool tlv_find(struct reader *in, uint32_t tag, struct span *out_value);

/* A template: members in any order, unknown tags skipped (protocol.md section 4), a second
 * occurrence of a member fails. A value whose length is outside min..max fails. */
struct tlv_member {
    uint32_t tag;
    size_t min, max; /* length of the value */
    bool required;
    struct span *out; /* at is NULL when the member is absent */
};
#define tlv_read_members(in, ...)                                                                  \
    tlv_read_template((in), (struct tlv_member[]){ __VA_ARGS__ },                                  \
                      COUNT_OF(((struct tlv_member[]){ __VA_ARGS__ })))
void tlv_read_template(struct reader *in, const struct tlv_member *members, size_t count);

/* A non-negative INTEGER value as a number; fails the reader for more than 32 bits. Leading zero
 * optional, since hosts write sizes as two raw bytes. */
uint32_t tlv_number(struct reader *in, struct span value);

/* --- Writing --- */

/* Where an open element's value begins. */
struct tlv_mark {
    size_t start;
};

struct tlv_mark tlv_open(struct writer *out, uint32_t tag);
/* Fills in the length of everything written since. Close in reverse order of opening. */
void tlv_close(struct writer *out, struct tlv_mark mark);
void tlv_write(struct writer *out, uint32_t tag, struct span value);
void tlv_write_u8(struct writer *out, uint32_t tag, uint8_t value);
void tlv_write_text(struct writer *out, uint32_t tag, const char *text);
/* A DER INTEGER from an unsigned big-endian magnitude: leading zeros dropped, sign byte added. */
void tlv_write_unsigned(struct writer *out, uint32_t tag, struct span magnitude);
