/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the secure channel, from the host's side (protocol.md 11.2). */
#include "base/tlv.h"
#include "formats/file_ids.h"
#include "host/client/chip_authentication.h"
#include "host/client/client.h"
#include "host/client/client_exchange.h"

static int meet_device(struct span certificates, const struct client_trust *trust,
                       struct chip_authentication *out)
{
    struct cvc device;
    if (!trust->root.size)
        return chip_authentication_unverified(certificates, out);
    int r = device_chain_verify(certificates, trust->root, trust->today, &device);
    if (r || device.spec.type != KEY_EC)
        return r ? r : CHAIN_BROKEN;
    r = chip_authentication_on(device.key.point, device.spec.curve, out);
    return r == CRYPTO_BAD_INPUT ? CHAIN_BROKEN : r;
}

static int choose_protocol(const struct reader_card *card, uint16_t *out_sw)
{
    uint8_t bytes[32];
    struct writer data = WRITER_OF(bytes);
    tlv_write(&data, 0x80, channel_protocol);
    return client_send_plain(card, 0x002241A4, written(&data), out_sw);
}

static int authenticate(const struct reader_card *card, struct span own_point,
                        struct writer *answer, uint16_t *out_sw)
{
    uint8_t bytes[CURVE_POINT_MAX + 8];
    struct writer data = WRITER_OF(bytes);
    struct tlv_mark dynamic = tlv_open(&data, 0x7C);
    tlv_write(&data, 0x80, own_point);
    tlv_close(&data, dynamic);
    struct apdu apdu = { .ins = 0x86, .data = written(&data), .le_present = true, .le = 256 };
    return client_exchange_plain(card, &apdu, answer, out_sw);
}

/* Ends chip authentication: the answer's token proves that the card has the certificate's key. */
static int conclude(const struct chip_authentication *meeting, struct span answer,
                    struct channel *out)
{
    struct reader in = reader_of(answer);
    struct reader dynamic = tlv_enter(&in, 0x7C);
    struct span nonce = tlv_expect(&dynamic, 0x81), token = tlv_expect(&dynamic, 0x82);
    if (!read_finished(&in) || !read_finished(&dynamic))
        return CLIENT_MALFORMED;
    uint8_t right[CHANNEL_TOKEN_SIZE];
    int r = channel_derive(meeting->x, nonce, out);
    if (!r)
        r = channel_token(out, meeting->own, right);
    if (r)
        return r;
    return span_equal(token, SPAN_OF(right)) ? 0 : CLIENT_UNTRUSTED;
}

static int open_with(const struct reader_card *card, const struct chip_authentication *meeting,
                     struct channel *out, uint16_t *out_sw)
{
    uint8_t bytes[258];
    struct writer answer = WRITER_OF(bytes);
    int r = choose_protocol(card, out_sw);
    if (!r)
        r = authenticate(card, meeting->own, &answer, out_sw);
    return r ? r : conclude(meeting, written(&answer), out);
}

/* Certificates are read before there is a channel. */
static int read_certificates(const struct reader_card *card, struct writer *out, uint16_t *out_sw)
{
    struct reader_card in_the_clear = *card;
    in_the_clear.channel_only = false;
    in_the_clear.channel = NULL;
    return client_read(&in_the_clear, FILE_DEVICE_CERTIFICATES, out, out_sw);
}

int client_open_channel(struct reader_card *card, const struct client_trust *trust,
                        struct channel *channel, struct writer *out_device, uint16_t *out_sw)
{
    CLIENT_BUFFER(certificates, card->buffers->certificates);
    SCOPED(chip_authentication_wipe) struct chip_authentication meeting = { 0 };
    int r = read_certificates(card, &certificates, out_sw);
    if (!r)
        r = meet_device(written(&certificates), trust, &meeting);
    struct span holder = cvc_holder(written(&certificates));
    if (r == CHAIN_BROKEN || (!r && (!holder.size || holder.size > CLIENT_NAME_MAX)))
        return CLIENT_UNTRUSTED;
    if (!r)
        r = open_with(card, &meeting, channel, out_sw);
    if (r)
        return r;
    card->channel = channel;
    write_span(out_device, holder);
    return 0;
}
