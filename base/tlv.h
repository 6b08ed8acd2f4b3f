/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes BER-TLV (ISO 7816-4 5.2.2, ITU-T X.690). No other file encodes tags or lengths.
 *
 * A tag is given as its encoded bytes read as one number, of up to three bytes: 0x30, 0x5F29,
 * 0x7F21. Lengths are definite; reading accepts up to four length bytes, writing uses the fewest. A
 * length that runs beyond the enclosing element, the indefinite form and a fourth tag byte make the
 * reader fail. */
#pragma once

#include "base/bytes.h"

struct tlv {
    uint32_t tag;
    struct span value;
    struct span whole; /* header and value */
};

/* Takes the next element. Its tag is 0 when the reader has failed or is at its end. */
struct tlv tlv_read(struct reader *in);
/* Takes the next element and gives its value; fails when its tag is another. */
struct span tlv_expect(struct reader *in, uint32_t tag);
/* Takes the next element and gives a reader for its value; fails when its tag is another. */
struct reader tlv_enter(struct reader *in, uint32_t tag);
/* Whether the next element has this tag; takes nothing. */
bool tlv_is_next(const struct reader *in, uint32_t tag);
/* Finds the first element with this tag among those left, in whatever order they come; takes
 * nothing. False when there is none. A malformed element before it makes the reader fail. */
bool tlv_find(struct reader *in, uint32_t tag, struct span *out_value);

/* Reads a constructed value whose members may come in any order. Unknown tags are skipped
 * (protocol.md section 4). The reader fails on a second occurrence of a member, on a missing
 * required one, and on a value whose length is outside min..max. */
struct tlv_member {
    uint32_t tag;
    size_t min, max; /* length of the value */
    bool required;
    struct span *out; /* its `at` is NULL when the member is absent */
};
#define tlv_read_members(in, ...)                                                                  \
    tlv_read_template((in), (struct tlv_member[]){ __VA_ARGS__ },                                  \
                      COUNT_OF(((struct tlv_member[]){ __VA_ARGS__ })))
void tlv_read_template(struct reader *in, const struct tlv_member *members, size_t count);

/* The number in the value of a non-negative INTEGER. Makes the reader fail when the value is empty
 * or exceeds 32 bits. A leading zero byte is accepted but not required, since hosts write sizes as
 * two plain bytes. */
uint32_t tlv_number(struct reader *in, struct span value);

/* --- Writing --- */

/* Where the value of an element begins whose length is not known yet. */
struct tlv_mark {
    size_t start;
};

struct tlv_mark tlv_open(struct writer *out, uint32_t tag);
/* Fills in the length of everything written since tlv_open(). Close elements in reverse order of
 * opening. */
void tlv_close(struct writer *out, struct tlv_mark mark);
void tlv_write(struct writer *out, uint32_t tag, struct span value);
void tlv_write_u8(struct writer *out, uint32_t tag, uint8_t value);
void tlv_write_text(struct writer *out, uint32_t tag, const char *text);
/* Writes an unsigned big-endian number as a DER INTEGER: leading zeros dropped, a zero byte before
 * a set first bit. */
void tlv_write_unsigned(struct writer *out, uint32_t tag, struct span magnitude);
