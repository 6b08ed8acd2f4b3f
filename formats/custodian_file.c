/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes custodian and membership files. */
#include "formats/custodian_file.h"

#include "base/tlv.h"
#include "formats/cvc.h"

enum {
    SEQUENCE = 0x30,
    OBJECT_IDENTIFIER = 0x06,
    ISSUER = 0x61,
    DEVICE = 0x62,
    REQUEST = 0x63,
    MEMBERSHIP = 0x54
};

/* 1.3.6.1.4.1.24991.4.3.1 */
static const uint8_t format[] = {
    0x2B, 0x06, 0x01, 0x04, 0x01, 0x81, 0xC3, 0x1F, 0x04, 0x03, 0x01
};

/* 1.3.6.1.4.1.24991.4.1: the one of protocol.md 9.2's four that we take for memberships. */
static const uint8_t membership_format[] = { 0x2B, 0x06, 0x01, 0x04, 0x01,
                                             0x81, 0xC3, 0x1F, 0x04, 0x01 };

/* The next element with its header, if it has this tag; else reading fails. */
static struct span take_whole(struct reader *in, uint32_t tag)
{
    struct tlv element = tlv_read(in);
    if (element.tag != tag)
        read_fail(in);
    return element.whole;
}

/* The one element inside the next one. */
static struct span take_inner(struct reader *in, uint32_t outer, uint32_t tag)
{
    struct reader inner = tlv_enter(in, outer);
    struct span whole = take_whole(&inner, tag);
    if (!read_finished(&inner))
        read_fail(in);
    return whole;
}

static void take_tagged(struct reader *members, struct custodian_file *out)
{
    out->issuer = take_inner(members, ISSUER, CVC_CERTIFICATE);
    out->device = take_inner(members, DEVICE, CVC_CERTIFICATE);
    out->request = take_inner(members, REQUEST, CVC_AUTHENTICATED_REQUEST);
}

bool custodian_file_read(struct span bytes, struct custodian_file *out)
{
    struct custodian_file file;
    struct reader in = reader_of(bytes);
    struct reader members = tlv_enter(&in, SEQUENCE);
    if (tlv_is_next(&members, OBJECT_IDENTIFIER)) {
        if (!span_equal(tlv_expect(&members, OBJECT_IDENTIFIER), SPAN_OF(format)))
            return false;
        take_tagged(&members, &file);
    } else {
        file.request = take_whole(&members, CVC_AUTHENTICATED_REQUEST);
        file.device = take_whole(&members, CVC_CERTIFICATE);
        file.issuer = take_whole(&members, CVC_CERTIFICATE);
    }
    if (!read_finished(&members))
        return false;
    *out = file;
    return true;
}

void custodian_file_write(const struct custodian_file *file, struct writer *out)
{
    struct tlv_mark whole = tlv_open(out, SEQUENCE);
    write_span(out, file->request);
    write_span(out, file->device);
    write_span(out, file->issuer);
    tlv_close(out, whole);
}

bool membership_file_read(struct reader *in, struct membership_file *out)
{
    struct membership_file file;
    struct reader members = tlv_enter(in, SEQUENCE);
    if (!span_equal(tlv_expect(&members, OBJECT_IDENTIFIER), SPAN_OF(membership_format)))
        return false;
    take_tagged(&members, &file.signer);
    file.signature = tlv_expect(&members, MEMBERSHIP);
    if (!read_finished(&members))
        return false;
    *out = file;
    return true;
}

static void write_wrapped(struct writer *out, uint32_t tag, struct span whole)
{
    struct tlv_mark outer = tlv_open(out, tag);
    write_span(out, whole);
    tlv_close(out, outer);
}

void membership_file_write(const struct membership_file *file, struct writer *out)
{
    struct tlv_mark whole = tlv_open(out, SEQUENCE);
    tlv_write(out, OBJECT_IDENTIFIER, SPAN_OF(membership_format));
    write_wrapped(out, ISSUER, file->signer.issuer);
    write_wrapped(out, DEVICE, file->signer.device);
    write_wrapped(out, REQUEST, file->signer.request);
    tlv_write(out, MEMBERSHIP, file->signature);
    tlv_close(out, whole);
}

bool custodian_chain_read(struct span chain, struct custodian_file *inout)
{
    struct reader in = reader_of(chain);
    struct span device = take_whole(&in, CVC_CERTIFICATE);
    struct span issuer = take_whole(&in, CVC_CERTIFICATE);
    if (read_failed(&in))
        return false;
    inout->device = device;
    inout->issuer = issuer;
    return true;
}
