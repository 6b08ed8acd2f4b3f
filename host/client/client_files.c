/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, reads, writes and deletes the files of a card. */
#include "base/secret.h"
#include "base/tlv.h"
#include "host/client/client.h"
#include "host/client/client_exchange.h"

enum {
    WRITE_PART = 240, /* bytes that fit beside 54 02 xxxx 53 81 xx in a short command */
    WRITE_LAST = CLIENT_LONG_MAX - CLIENT_FILE_MAX /* bytes of the last, extended command */
};

int client_list(const struct reader_card *card, uint16_t out[CLIENT_FILES_MAX], size_t *out_count,
                uint16_t *out_sw)
{
    CLIENT_BUFFER(from, card->buffers->answer);
    struct apdu apdu = apdu_of(0x80580000, (struct span){ 0 }, APDU_LE_MAX);
    int result = client_exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    struct reader in = reader_of(written(&from));
    size_t count = 0;
    while (read_left(&in) && count < CLIENT_FILES_MAX)
        out[count++] = read_u16(&in);
    if (!read_finished(&in))
        return CLIENT_MALFORMED;
    *out_count = count;
    return 0;
}

int client_size(const struct reader_card *card, uint16_t file, size_t *out, uint16_t *out_sw)
{
    uint8_t answer[CLIENT_SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    int result = client_select_file(card, file, &from, out_sw);
    if (result)
        return result;
    struct reader in = reader_of(written(&from));
    struct reader members = client_file_template(&in);
    struct span size = { 0 };
    if (!tlv_find(&members, 0x80, &size) || !size.size)
        return CLIENT_MALFORMED;
    *out = tlv_number(&members, size);
    return read_failed(&in) ? CLIENT_MALFORMED : 0;
}

/* Reads the part of a file at offset; an empty answer is the end of the file. */
static int read_part(const struct reader_card *card, uint16_t file, size_t offset, uint32_t le,
                     struct writer *part, uint16_t *out_sw)
{
    uint8_t data[4];
    struct writer where = WRITER_OF(data);
    write_u16(&where, 0x5402);
    write_u16(&where, (uint16_t)offset);
    struct apdu apdu = apdu_of(0x00B10000u | file, written(&where), le);
    int result = client_exchange(card, &apdu, part, out_sw);
    return !result && part->size > le ? CLIENT_MALFORMED : result;
}

/* Reads the bytes behind the last two-byte offset in one extended answer. */
static int read_end(const struct reader_card *card, uint16_t file, struct writer *out,
                    uint16_t *out_sw)
{
    CLIENT_BUFFER(part, card->buffers->answer);
    uint32_t le = card->channel ? CLIENT_SHORT_LE : APDU_LE_MAX;
    int result = read_part(card, file, CLIENT_FILE_MAX, le, &part, out_sw);
    write_span(out, written(&part));
    bool whole = !out->full && (!card->channel || part.size < le);
    return result || whole ? result : CLIENT_MALFORMED;
}

int client_read(const struct reader_card *card, uint16_t file, struct writer *out, uint16_t *out_sw)
{
    SCOPED_SECRET(bytes, CLIENT_SHORT_ANSWER);
    for (size_t offset = 0; offset < CLIENT_FILE_MAX;) {
        struct writer part = WRITER_OF(bytes);
        size_t left = CLIENT_FILE_MAX - offset;
        uint32_t le = left < CLIENT_SHORT_LE ? (uint32_t)left : CLIENT_SHORT_LE;
        int result = read_part(card, file, offset, le, &part, out_sw);
        if (result)
            return result;
        write_span(out, written(&part));
        if (out->full)
            return CLIENT_MALFORMED;
        if (part.size < le)
            return 0;
        offset += part.size;
    }
    return read_end(card, file, out, out_sw);
}

static int write_part(const struct reader_card *card, uint16_t file, size_t offset,
                      struct span part, uint16_t *out_sw)
{
    CLIENT_BUFFER(out, card->buffers->data);
    write_u16(&out, 0x5402);
    write_u16(&out, (uint16_t)offset);
    tlv_write(&out, 0x53, part);
    return client_send(card, 0x00D70000u | file, written(&out), out_sw);
}

int client_write(const struct reader_card *card, uint16_t file, struct span content,
                 uint16_t *out_sw)
{
    size_t offset = 0;
    if (content.size > CLIENT_LONG_MAX)
        return CLIENT_MALFORMED;
    do {
        size_t left = CLIENT_FILE_MAX - offset, most = left < WRITE_PART ? left : WRITE_PART;
        struct span part = span_part(content, offset, left ? most : WRITE_LAST);
        int result = write_part(card, file, offset, part, out_sw);
        if (result)
            return result;
        offset += part.size;
    } while (offset < content.size);
    return 0;
}

int client_delete(const struct reader_card *card, uint16_t file, uint16_t *out_sw)
{
    uint8_t data[2];
    struct writer out = WRITER_OF(data);
    write_u16(&out, file);
    return client_send(card, 0x00E40200, written(&out), out_sw);
}
