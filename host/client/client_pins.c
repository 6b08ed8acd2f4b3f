/* SPDX-License-Identifier: Apache-2.0 */
/* Presents, changes and unblocks PINs. */
#include "base/secret.h"
#include "host/client/client.h"
#include "host/client/client_exchange.h"

int client_verify(const struct reader_card *card, struct span pin, uint16_t *out_sw)
{
    return client_send(card, 0x00200081, pin, out_sw);
}

int client_pin_state(const struct reader_card *card, enum client_pin which, uint16_t *out_sw)
{
    return client_send(card, 0x00200000u | which, (struct span){ 0 }, out_sw);
}

static int send_two(const struct reader_card *card, uint32_t header, struct span first,
                    struct span second, uint16_t *out_sw)
{
    SCOPED_SECRET(data, 2 * CLIENT_PIN_MAX);
    struct writer both = WRITER_OF(data);
    write_span(&both, first);
    write_span(&both, second);
    return both.full ? CLIENT_MALFORMED : client_send(card, header, written(&both), out_sw);
}

int client_change_pin(const struct reader_card *card, enum client_pin which, struct span old,
                      struct span fresh, uint16_t *out_sw)
{
    return send_two(card, 0x00240000u | which, old, fresh, out_sw);
}

int client_unblock(const struct reader_card *card, struct span so_pin, struct span fresh,
                   uint16_t *out_sw)
{
    return send_two(card, fresh.size ? 0x002C0081 : 0x002C0181, so_pin, fresh, out_sw);
}
