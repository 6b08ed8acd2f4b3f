/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding and encoding of BER-TLV tags, lengths and templates. */
#include "base/tlv.h"

static uint32_t read_tag(struct reader *in)
{
    uint32_t tag = read_u8(in);
    if ((tag & 0x1F) != 0x1F)
        return tag;
    for (int extra = 0; extra < 2; extra++) {
        uint8_t byte = read_u8(in);
        tag = tag << 8 | byte;
        if (!(byte & 0x80))
            return tag;
    }
    read_fail(in);
    return 0;
}

static size_t read_length(struct reader *in)
{
    uint8_t first = read_u8(in);
    if (first < 0x80)
        return first;
    size_t count = first & 0x7F;
    if (count == 0 || count > 4) {
        read_fail(in);
        return 0;
    }
    size_t length = 0;
    while (count--)
        length = length << 8 | read_u8(in);
    return length;
}

struct tlv tlv_read(struct reader *in)
{
    struct span before = in->rest;
    uint32_t tag = read_tag(in);
    struct span value = read_span(in, read_length(in));
    if (read_failed(in))
        return (struct tlv){ 0 };
    return (struct tlv){ tag, value, span_part(before, 0, before.size - in->rest.size) };
}

struct span tlv_expect(struct reader *in, uint32_t tag)
{
    struct tlv element = tlv_read(in);
    if (element.tag != tag) {
        read_fail(in);
        return (struct span){ 0 };
    }
    return element.value;
}

struct reader tlv_enter(struct reader *in, uint32_t tag)
{
    return reader_child(in, tlv_expect(in, tag));
}

bool tlv_is_next(const struct reader *in, uint32_t tag)
{
    struct reader ahead = reader_of(in->rest);
    return !read_failed(in) && tlv_read(&ahead).tag == tag && tag != 0;
}

bool tlv_find(struct reader *in, uint32_t tag, struct span *out_value)
{
    struct reader ahead = reader_child(in, in->rest);
    while (read_left(&ahead)) {
        struct tlv element = tlv_read(&ahead);
        if (element.tag == tag && !read_failed(&ahead)) {
            *out_value = element.value;
            return true;
        }
    }
    return false;
}

static bool take_member(const struct tlv_member *members, size_t count, struct tlv element)
{
    for (size_t i = 0; i < count; i++) {
        const struct tlv_member *member = &members[i];
        if (member->tag != element.tag)
            continue;
        if (member->out->at || element.value.size < member->min || element.value.size > member->max)
            return false;
        *member->out = element.value;
        return true;
    }
    return true;
}

void tlv_read_template(struct reader *in, const struct tlv_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *members[i].out = (struct span){ 0 };
    while (read_left(in)) {
        struct tlv element = tlv_read(in);
        if (!read_failed(in) && !take_member(members, count, element))
            read_fail(in);
    }
    for (size_t i = 0; i < count; i++)
        if (members[i].required && !members[i].out->at)
            read_fail(in);
}

uint32_t tlv_number(struct reader *in, struct span value)
{
    struct reader digits = reader_of(value);
    uint64_t number = 0;
    while (read_left(&digits) && number <= UINT32_MAX)
        number = number << 8 | read_u8(&digits);
    if (value.size == 0 || number > UINT32_MAX) {
        read_fail(in);
        return 0;
    }
    return (uint32_t)number;
}

/* --- Writing --- */

static void write_tag(struct writer *out, uint32_t tag)
{
    if (tag > 0xFFFF)
        write_u8(out, (uint8_t)(tag >> 16));
    if (tag > 0xFF)
        write_u8(out, (uint8_t)(tag >> 8));
    write_u8(out, (uint8_t)tag);
}

static void write_length(struct writer *out, size_t length)
{
    if (length < 0x80) {
        write_u8(out, (uint8_t)length);
    } else if (length <= 0xFF) {
        write_u8(out, 0x81);
        write_u8(out, (uint8_t)length);
    } else if (length <= 0xFFFF) {
        write_u8(out, 0x82);
        write_u16(out, (uint16_t)length);
    } else {
        write_u8(out, 0x84);
        write_u32(out, (uint32_t)length);
    }
}

struct tlv_mark tlv_open(struct writer *out, uint32_t tag)
{
    write_tag(out, tag);
    return (struct tlv_mark){ out->size };
}

void tlv_close(struct writer *out, struct tlv_mark mark)
{
    if (out->full)
        return;
    uint8_t bytes[5];
    struct writer length = WRITER_OF(bytes);
    write_length(&length, out->size - mark.start);
    write_insert(out, mark.start, written(&length));
}

void tlv_write(struct writer *out, uint32_t tag, struct span value)
{
    write_tag(out, tag);
    write_length(out, value.size);
    write_span(out, value);
}

void tlv_write_u8(struct writer *out, uint32_t tag, uint8_t value)
{
    tlv_write(out, tag, span_of(&value, 1));
}

void tlv_write_text(struct writer *out, uint32_t tag, const char *text)
{
    tlv_write(out, tag, span_of_text(text));
}

void tlv_write_unsigned(struct writer *out, uint32_t tag, struct span magnitude)
{
    struct reader digits = reader_of(magnitude);
    while (digits.rest.size > 1 && digits.rest.at[0] == 0)
        read_u8(&digits);
    bool sign = digits.rest.size == 0 || digits.rest.at[0] & 0x80;
    struct tlv_mark integer = tlv_open(out, tag);
    if (sign)
        write_u8(out, 0);
    write_span(out, digits.rest);
    tlv_close(out, integer);
}
