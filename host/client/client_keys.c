/* SPDX-License-Identifier: Apache-2.0 */
/* Key domains, the keys in them, and what leaves or enters under their secrets. */
#include "base/tlv.h"
#include "formats/cvc.h"
#include "formats/file_ids.h"
#include "formats/key_blob.h"
#include "host/client/client.h"
#include "host/client/client_exchange.h"

enum { EXCHANGE = 0x84 }; /* the algorithm of exchange keys */

static int read_domain(const struct reader_card *card, uint32_t header, struct span data,
                       struct client_domain *out, uint16_t *out_sw)
{
    uint8_t answer[CLIENT_SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(header, data, CLIENT_SHORT_LE);
    int result = client_exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    struct client_domain domain;
    struct reader in = reader_of(written(&from));
    domain.shares = read_u8(&in);
    domain.outstanding = read_u8(&in);
    bool whole = span_copy(read_span(&in, sizeof domain.check), domain.check, sizeof domain.check);
    if (!whole)
        return CLIENT_MALFORMED;
    domain.has_group = read_left(&in);
    if (domain.has_group && !span_copy(read_rest(&in), domain.group, sizeof domain.group))
        return CLIENT_MALFORMED;
    *out = domain;
    return 0;
}

int client_domain(const struct reader_card *card, uint8_t domain, struct client_domain *out,
                  uint16_t *out_sw)
{
    return read_domain(card, 0x80520000u | domain, (struct span){ 0 }, out, out_sw);
}

int client_import_share(const struct reader_card *card, uint8_t domain, struct span share,
                        struct client_domain *out, uint16_t *out_sw)
{
    return read_domain(card, 0x80520000u | domain, share, out, out_sw);
}

int client_create_domain(const struct reader_card *card, uint8_t domain, uint8_t shares,
                         uint16_t *out_sw)
{
    struct client_domain ignored;
    return read_domain(card, 0x80520100u | domain, span_of(&shares, 1), &ignored, out_sw);
}

int client_delete_domain(const struct reader_card *card, uint8_t domain, uint16_t *out_sw)
{
    return client_send(card, 0x80520300u | domain, (struct span){ 0 }, out_sw);
}

int client_clear_domain(const struct reader_card *card, uint8_t domain, uint16_t *out_sw)
{
    struct client_domain ignored;
    return read_domain(card, 0x80520400u | domain, (struct span){ 0 }, &ignored, out_sw);
}

/* --- Domains of a group --- */

int client_join_domain(const struct reader_card *card, uint8_t domain, struct span membership,
                       uint16_t *out_sw)
{
    struct client_domain ignored;
    return read_domain(card, 0x80520200u | domain, membership, &ignored, out_sw);
}

int client_generate(const struct reader_card *card, uint8_t key,
                    const struct client_new_key *wished, uint16_t *out_sw)
{
    uint8_t bytes[1024];
    struct writer data = WRITER_OF(bytes);
    tlv_write_u8(&data, CVC_PROFILE, 0);
    int r = cvc_write_key_template(&wished->spec, &data);
    tlv_write(&data, CVC_CHR, wished->name);
    if (wished->algorithms.size)
        tlv_write(&data, 0x91, wished->algorithms);
    if (wished->domain >= 0)
        tlv_write_u8(&data, 0x92, (uint8_t)wished->domain);
    if (r || data.full)
        return r ? r : CLIENT_MALFORMED;
    /* Some cards answer with the request. It is ignored here: hosts read it from its file. */
    CLIENT_BUFFER(from, card->buffers->answer);
    struct apdu apdu = apdu_of(0x00460000u | (uint32_t)key << 8, written(&data), 0);
    return client_exchange(card, &apdu, &from, out_sw);
}

int client_exchange_key(const struct reader_card *card, uint8_t key, struct span request,
                        struct client_domain *out, uint16_t *out_sw)
{
    return read_domain(card, 0x80620000u | (uint32_t)key << 8 | EXCHANGE, request, out, out_sw);
}

int client_exchange_domain(const struct reader_card *card, uint8_t key, int *out_domain,
                           uint16_t *out_sw)
{
    uint8_t answer[CLIENT_SHORT_ANSWER];
    static const uint8_t exchange_alone[] = { EXCHANGE };
    struct writer from = WRITER_OF(answer);
    struct span attributes = { 0 }, list = { 0 }, domain = { 0 };
    int result = client_select_file(card, FILE_KEY | key, &from, out_sw);
    if (result)
        return result;
    struct reader in = reader_of(written(&from));
    struct reader members = client_file_template(&in);
    if (read_failed(&in))
        return CLIENT_MALFORMED;
    *out_domain = -1;
    if (!tlv_find(&members, 0xA5, &attributes))
        return 0;
    struct reader limits = reader_of(attributes);
    bool found = tlv_find(&limits, 0x91, &list) && tlv_find(&limits, 0x92, &domain);
    if (found && span_equal(list, SPAN_OF(exchange_alone)))
        *out_domain = (int)tlv_number(&limits, domain);
    return 0;
}

int client_sign(const struct reader_card *card, uint8_t key, uint8_t algorithm, struct span input,
                struct writer *out, uint16_t *out_sw)
{
    return client_ask(card, 0x80680000u | (uint32_t)key << 8 | algorithm, input, out, out_sw);
}

/* --- Keys that leave and enter --- */

int client_wrap(const struct reader_card *card, uint8_t key, struct writer *out, uint16_t *out_sw)
{
    CLIENT_BUFFER(from, card->buffers->answer);
    struct apdu apdu = apdu_of(0x80720092u | (uint32_t)key << 8, (struct span){ 0 }, APDU_LE_MAX);
    struct key_blob ignored;
    int result = client_exchange(card, &apdu, &from, out_sw);
    if (!result && !key_blob_read(written(&from), &ignored))
        return CLIENT_MALFORMED;
    return result ? result : client_append(out, written(&from));
}

int client_unwrap(const struct reader_card *card, uint8_t key, struct span blob, uint16_t *out_sw)
{
    return client_send(card, 0x80740093u | (uint32_t)key << 8, blob, out_sw);
}
