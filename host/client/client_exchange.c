/* SPDX-License-Identifier: Apache-2.0 */
/* Sends commands and judges the form of their answers. */
#include "host/client/client_exchange.h"

#include "base/failure.h"
#include "base/secret.h"
#include "base/tlv.h"
#include "formats/sw.h"
#include "host/client/client.h"

_Static_assert(READER_PROTECTION >= CHANNEL_OVERHEAD, "a protected command fits its buffer");

void client_buffer_end(struct writer *buffer)
{
    secret_wipe(buffer->at, buffer->size);
}

/* Takes the status word off the answer's bytes that begin at `from`. CLIENT_REFUSED,
 * CLIENT_MALFORMED. */
static int judge(struct writer *answer, size_t from, uint16_t *out_sw)
{
    struct span got = span_part(written(answer), from, answer->size - from);
    if (got.size < 2)
        return CLIENT_MALFORMED;
    struct reader in = reader_of(span_part(got, got.size - 2, 2));
    *out_sw = read_u16(&in);
    write_trim(answer, answer->size - 2);
    return sw_delivers((sw){ *out_sw }) ? 0 : CLIENT_REFUSED;
}

int client_exchange_plain(const struct reader_card *card, const struct apdu *apdu,
                          struct writer *answer, uint16_t *out_sw)
{
    CLIENT_BUFFER(command, card->buffers->command);
    size_t before = answer->size;
    apdu_write(apdu, &command);
    if (command.full || command.size > READER_COMMAND_SIZE)
        return CLIENT_MALFORMED;
    int result = reader_transmit(card, written(&command), answer);
    return result ? result : judge(answer, before, out_sw);
}

/* --- Through the channel --- */

static int seal(const struct reader_card *card, const struct apdu *apdu, struct writer *out)
{
    CLIENT_BUFFER(room, card->buffers->sealing);
    int r = channel_seal_command(card->channel, apdu, &room, out);
    return !r && out->full ? CLIENT_MALFORMED : r;
}

/* An answer that does not verify may be anybody's, so nothing in it is used; an error in the clear
 * about our command counts as one of these. */
static int open_answer(const struct reader_card *card, struct span received, struct writer *answer,
                       uint16_t *out_sw)
{
    struct span sealed = span_part(received, 0, received.size > 2 ? received.size - 2 : 0);
    CLIENT_BUFFER(data, card->buffers->opened);
    int r = channel_open_answer(card->channel, sealed, &data, out_sw);
    if (r)
        return r < 0 ? r : CLIENT_CHANNEL_BROKEN;
    write_span(answer, written(&data));
    if (answer->full)
        return CLIENT_MALFORMED;
    return sw_delivers((sw){ *out_sw }) ? 0 : CLIENT_REFUSED;
}

static int exchange_protected(const struct reader_card *card, const struct apdu *apdu,
                              struct writer *answer, uint16_t *out_sw)
{
    CLIENT_BUFFER(command, card->buffers->command);
    CLIENT_BUFFER(received, card->buffers->received);
    int r = seal(card, apdu, &command);
    if (!r)
        r = reader_transmit(card, written(&command), &received);
    return r ? r : open_answer(card, written(&received), answer, out_sw);
}

int client_exchange(const struct reader_card *card, const struct apdu *apdu, struct writer *answer,
                    uint16_t *out_sw)
{
    if (card->channel)
        return exchange_protected(card, apdu, answer, out_sw);
    if (card->channel_only)
        return failure(FAULT_BROKEN, "a command was not sent: there is no secure channel");
    return client_exchange_plain(card, apdu, answer, out_sw);
}

/* --- Commands by what they are answered with --- */

typedef int exchange_way(const struct reader_card *card, const struct apdu *apdu,
                         struct writer *answer, uint16_t *out_sw);

static int send_by(exchange_way *way, const struct reader_card *card, const struct apdu *apdu,
                   uint16_t *out_sw)
{
    uint8_t bytes[CLIENT_SHORT_ANSWER];
    struct writer answer = WRITER_OF(bytes);
    int result = way(card, apdu, &answer, out_sw);
    return !result && answer.size ? CLIENT_MALFORMED : result;
}

int client_send(const struct reader_card *card, uint32_t header, struct span data, uint16_t *out_sw)
{
    const struct apdu apdu = apdu_of(header, data, 0);
    return send_by(client_exchange, card, &apdu, out_sw);
}

int client_send_plain(const struct reader_card *card, uint32_t header, struct span data,
                      uint16_t *out_sw)
{
    const struct apdu apdu = apdu_of(header, data, 0);
    return send_by(client_exchange_plain, card, &apdu, out_sw);
}

int client_append(struct writer *out, struct span answer)
{
    write_span(out, answer);
    return answer.size && !out->full ? 0 : CLIENT_MALFORMED;
}

int client_ask(const struct reader_card *card, uint32_t header, struct span data,
               struct writer *out, uint16_t *out_sw)
{
    CLIENT_BUFFER(answer, card->buffers->answer);
    const struct apdu apdu = apdu_of(header, data, data.size > 255 ? APDU_LE_MAX : CLIENT_SHORT_LE);
    int result = client_exchange(card, &apdu, &answer, out_sw);
    return result ? result : client_append(out, written(&answer));
}

int client_select_file(const struct reader_card *card, uint16_t file, struct writer *answer,
                       uint16_t *out_sw)
{
    uint8_t data[2];
    struct writer name = WRITER_OF(data);
    write_u16(&name, file);
    struct apdu apdu = apdu_of(0x00A40000, written(&name), CLIENT_SHORT_LE);
    return client_exchange(card, &apdu, answer, out_sw);
}

struct reader client_file_template(struct reader *in)
{
    enum { FCI = 0x6F, FCP = 0x62 };
    struct tlv parts = tlv_read(in);
    if (read_left(in) || (parts.tag != FCI && parts.tag != FCP))
        read_fail(in);
    return reader_child(in, parts.value);
}
