/* SPDX-License-Identifier: Apache-2.0 */
/* The application of the card, its version, its memory, and INITIALIZE. */
#include "base/secret.h"
#include "base/tlv.h"
#include "host/client/client.h"
#include "host/client/client_exchange.h"

static const uint8_t application[] = { 0xE8, 0x2B, 0x06, 0x01, 0x04, 0x01,
                                       0x81, 0xC3, 0x1F, 0x02, 0x01 };
static const uint8_t historical_bytes[] = { 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4D,
                                            0x31, 0x73, 0x80, 0x21, 0x40, 0x81, 0x07 };

bool client_is_family(struct span atr)
{
    for (size_t at = 0; at + sizeof historical_bytes <= atr.size; at++)
        if (span_equal(span_part(atr, at, sizeof historical_bytes), SPAN_OF(historical_bytes)))
            return true;
    return false;
}

int client_select(struct reader_card *card, uint16_t *out_sw)
{
    card->channel = NULL;
    return client_send_plain(card, 0x00A4040C, SPAN_OF(application), out_sw);
}

/* The proprietary bytes: options, platform, version; before 2.0 the version alone. */
static bool read_version(struct span answer, struct client_version *out)
{
    struct client_version version = { 0 };
    struct reader in = reader_of(answer);
    struct reader members = client_file_template(&in);
    struct span bytes = { 0 };
    if (!tlv_find(&members, 0x85, &bytes) || read_failed(&in))
        return false;
    struct reader from = reader_of(bytes);
    if (bytes.size == 5) {
        version.options = read_u16(&from);
        version.platform = read_u8(&from);
    }
    version.major = read_u8(&from);
    version.minor = read_u8(&from);
    if (!read_finished(&from))
        return false;
    *out = version;
    return true;
}

int client_describe(const struct reader_card *card, struct client_version *out, uint16_t *out_sw)
{
    uint8_t answer[CLIENT_SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x00A40400, SPAN_OF(application), CLIENT_SHORT_LE);
    int result = client_exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    return read_version(written(&from), out) ? 0 : CLIENT_MALFORMED;
}

int client_initialize(const struct reader_card *card, const struct client_wishes *wishes,
                      uint16_t *out_sw)
{
    const uint8_t options[] = { 0x00, (uint8_t)(0x01 | (wishes->replaceable ? 0x08 : 0) |
                                                (wishes->together ? 0x10 : 0)) };
    const uint8_t custody[] = { wishes->custodians, wishes->required };
    SCOPED_SECRET(data, 64);
    struct writer out = WRITER_OF(data);
    tlv_write(&out, 0x80, SPAN_OF(options));
    if (wishes->user_pin.size)
        tlv_write(&out, 0x81, wishes->user_pin);
    tlv_write(&out, 0x82, wishes->so_pin);
    tlv_write_u8(&out, 0x91, wishes->tries);
    if (wishes->custodians)
        tlv_write(&out, 0x93, SPAN_OF(custody));
    if (wishes->exports != CLIENT_NO_EXPORT)
        tlv_write_u8(&out, wishes->exports == CLIENT_DKEK ? 0x92 : 0x97, wishes->count);
    return out.full ? CLIENT_MALFORMED : client_send(card, 0x80500000, written(&out), out_sw);
}

int client_memory(const struct reader_card *card, struct client_memory *out, uint16_t *out_sw)
{
    uint8_t answer[CLIENT_SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x80500000, (struct span){ 0 }, CLIENT_SHORT_LE);
    int result = client_exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    struct reader in = reader_of(written(&from));
    struct client_memory memory = { .free = read_u32(&in) };
    if (read_failed(&in))
        return CLIENT_MALFORMED;

    apdu = apdu_of(0x80640500, (struct span){ 0 }, CLIENT_SHORT_LE);
    from = WRITER_OF(answer);
    result = client_exchange(card, &apdu, &from, out_sw);
    if (result && result != CLIENT_REFUSED)
        return result;
    in = reader_of(written(&from)); /* free, used, all, files, size (protocol.md 12.1) */
    read_u32(&in);
    memory.used = read_u32(&in);
    read_span(&in, 3 * sizeof memory.used);
    memory.tells_used = !result && read_finished(&in);
    *out = memory;
    return 0;
}
