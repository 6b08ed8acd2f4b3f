/* SPDX-License-Identifier: Apache-2.0 */
/* Custodians: registers them, and presents their signatures. */
#include "base/tlv.h"
#include "host/client/client.h"
#include "host/client/client_exchange.h"

/* Reads the four numbers of custody; a card that registers a custodian may answer with them,
 * too. */
static bool read_custody(struct span answer, struct client_custody *out)
{
    struct reader in = reader_of(answer);
    struct client_custody custody;
    custody.total = read_u8(&in);
    custody.missing = read_u8(&in);
    custody.required = read_u8(&in);
    custody.authenticated = read_u8(&in);
    if (read_finished(&in))
        *out = custody;
    return !read_failed(&in) && !read_left(&in);
}

int client_custody(const struct reader_card *card, struct client_custody *out, uint16_t *out_sw)
{
    uint8_t answer[CLIENT_SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x80540000, (struct span){ 0 }, 4);
    int result = client_exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    return read_custody(written(&from), out) ? 0 : CLIENT_MALFORMED;
}

static int put_custodian(const struct reader_card *card, uint32_t header, struct span request,
                         uint16_t *out_sw)
{
    uint8_t answer[CLIENT_SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(header, request, 0);
    struct client_custody ignored;
    int result = client_exchange(card, &apdu, &from, out_sw);
    bool good = result || !from.size || read_custody(written(&from), &ignored);
    return good ? result : CLIENT_MALFORMED;
}

int client_custodian(const struct reader_card *card, uint8_t place, struct writer *out,
                     uint16_t *out_sw)
{
    return client_ask(card, 0x80540200u | place, (struct span){ 0 }, out, out_sw);
}

/* Sends MANAGE SECURITY ENVIRONMENT with a name. */
static int choose(const struct reader_card *card, uint32_t header, struct span name,
                  uint16_t *out_sw)
{
    uint8_t data[2 + 255];
    struct writer out = WRITER_OF(data);
    tlv_write(&out, 0x83, name);
    return out.full ? CLIENT_MALFORMED : client_send(card, header, written(&out), out_sw);
}

int client_choose_issuer(const struct reader_card *card, struct span name, uint16_t *out_sw)
{
    return choose(card, 0x002281B6, name, out_sw);
}

int client_verify_certificate(const struct reader_card *card, struct span certificate,
                              uint16_t *out_sw)
{
    return client_send(card, 0x002A00BE, certificate, out_sw);
}

int client_register_custodian(const struct reader_card *card, struct span request, uint16_t *out_sw)
{
    return put_custodian(card, 0x80540000, request, out_sw);
}

int client_replace_custodian(const struct reader_card *card, uint8_t place, struct span request,
                             uint16_t *out_sw)
{
    return put_custodian(card, 0x80540100u | place, request, out_sw);
}

int client_choose_custodian(const struct reader_card *card, struct span name, uint16_t *out_sw)
{
    return choose(card, 0x002281A4, name, out_sw);
}

int client_challenge(const struct reader_card *card, struct writer *out, uint16_t *out_sw)
{
    uint8_t answer[CLIENT_SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x00840000, (struct span){ 0 }, CLIENT_CHALLENGE);
    int result = client_exchange(card, &apdu, &from, out_sw);
    if (!result && from.size != CLIENT_CHALLENGE)
        return CLIENT_MALFORMED;
    write_span(out, written(&from));
    return result;
}

int client_authenticate(const struct reader_card *card, struct span signature, uint16_t *out_sw)
{
    return client_send(card, 0x00820000, signature, out_sw);
}
