/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/host_channel.h"

#include "base/tlv.h"
#include "crypto/crypto.h"
#include "formats/apdu.h"
#include "formats/cvc.h"
#include "tests/support/require.h"

/* through: the channel that there is, or NULL. */
static uint16_t send(struct card_fixture *f, struct channel *through, const struct apdu *apdu)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer command = WRITER_OF(bytes);
    apdu_write(apdu, &command);
    require(!command.full, "room for a command");
    return through ? host_channel_send(f, through, written(&command))
                   : answer_status(card_fixture_send(f, written(&command)));
}

static struct span device_point(struct card_fixture *f, struct channel *through,
                                const struct curve *curve, struct writer *room)
{
    static const uint8_t from_start[] = { 0x54, 2, 0, 0 };
    struct cvc device;
    send(f, through,
         &(struct apdu){ .ins = 0xB1,
                         .p1 = 0x2F,
                         .p2 = 0x02,
                         .data = SPAN_OF(from_start),
                         .le_present = true,
                         .le = APDU_LE_MAX });
    write_span(room, card_fixture_data(f));
    struct reader in = reader_of(written(room));
    struct reader certificate = tlv_enter(&in, CVC_CERTIFICATE);
    require(cvc_read(&certificate, curve, &device) == 0, "its certificate");
    return device.key.point;
}

/* A key for once: shared becomes the point agreed upon, own the point that the card is told. */
static void agree(const struct curve *curve, struct span device, struct writer *shared,
                  struct writer *own)
{
    uint8_t room[256];
    const struct key_spec spec = { .type = KEY_EC, .bits = curve->bits, .curve = curve };
    const struct key_kind *kind = key_kind_of(KEY_EC);
    struct writer material = WRITER_OF(room);
    struct public_part part;
    SCOPED(live_key_close) struct live_key *live = NULL;
    require(kind->generate(&spec, NULL, &material) == 0 &&
                kind->public_part(&spec, written(&material), &part) == 0 &&
                kind->open(&spec, written(&material), &live) == 0 &&
                kind->agree(live, device, shared) == 0,
            "an agreement");
    write_span(own, part.point);
}

static uint16_t authenticate(struct card_fixture *f, struct channel *through, struct span point)
{
    uint8_t bytes[128];
    struct writer data = WRITER_OF(bytes);
    struct tlv_mark dynamic = tlv_open(&data, 0x7C);
    tlv_write(&data, 0x80, point);
    tlv_close(&data, dynamic);
    return send(f, through,
                &(struct apdu){
                    .ins = 0x86, .data = written(&data), .le_present = true, .le = APDU_LE_MAX });
}

uint16_t host_channel_authenticate(struct card_fixture *f, struct span point)
{
    return authenticate(f, NULL, point);
}

static uint16_t choose(struct card_fixture *f, struct channel *through)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer command = WRITER_OF(bytes);
    struct apdu apdu;
    require(hex_decode(CHOOSE_CHANNEL, &command) && apdu_parse(written(&command), &apdu),
            CHOOSE_CHANNEL);
    return send(f, through, &apdu);
}

/* The card's nonce, and its proof that it agreed on the same. */
static void take_keys(struct card_fixture *f, struct span shared, struct span own,
                      struct channel *out)
{
    uint8_t token[CHANNEL_TOKEN_SIZE];
    struct reader in = reader_of(card_fixture_data(f));
    struct reader dynamic = tlv_enter(&in, 0x7C);
    struct span nonce = tlv_expect(&dynamic, 0x81), shown = tlv_expect(&dynamic, 0x82);
    require(read_finished(&dynamic) && read_finished(&in), "a nonce and a token");
    require(channel_derive(shared, nonce, out) == 0, "its keys");
    require(channel_token(out, own, token) == 0 && span_equal(shown, SPAN_OF(token)), "its token");
}

void host_channel_open_through(struct card_fixture *f, struct channel *through, struct channel *out)
{
    const struct curve *curve =
        f->env.device_curve ? f->env.device_curve : curve_by_name("brainpoolP256r1");
    uint8_t shared_bytes[CURVE_POINT_MAX], own_bytes[CURVE_POINT_MAX], chain_bytes[1024];
    struct writer shared = WRITER_OF(shared_bytes), own = WRITER_OF(own_bytes),
                  chain = WRITER_OF(chain_bytes);
    agree(curve, device_point(f, through, curve, &chain), &shared, &own);
    require(choose(f, through) == 0x9000, "the protocol");
    require(authenticate(f, through, written(&own)) == 0x9000, "a channel");
    take_keys(f, span_part(written(&shared), 1, 32), written(&own), out);
}

void host_channel_open(struct card_fixture *f, struct channel *out)
{
    host_channel_open_through(f, NULL, out);
}

struct span host_channel_seal(struct channel *channel, struct span command, struct writer *out)
{
    static uint8_t bytes[2 * (CARD_APDU_MAX + 1)]; /* half of it is the message's */
    struct writer scratch = WRITER_OF(bytes);
    struct apdu apdu;
    require(apdu_parse(command, &apdu) &&
                channel_seal_command(channel, &apdu, &scratch, out) == 0 && !out->full,
            "protecting a command");
    return written(out);
}

uint16_t host_channel_take(struct card_fixture *f, struct channel *channel)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer data = WRITER_OF(bytes);
    uint16_t outside = answer_status(written(&f->answer)), status = 0;
    require(channel_open_answer(channel, card_fixture_data(f), &data, &status) == 0,
            "an answer that verifies");
    require(outside == status, "the same status word outside");
    write_trim(&f->answer, 0);
    write_span(&f->answer, written(&data));
    write_u16(&f->answer, status);
    return status;
}

uint16_t host_channel_send(struct card_fixture *f, struct channel *channel, struct span command)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer sealed = WRITER_OF(bytes);
    card_fixture_send(f, host_channel_seal(channel, command, &sealed));
    return host_channel_take(f, channel);
}

uint16_t host_channel_command(struct card_fixture *f, struct channel *channel, uint32_t header,
                              struct span data)
{
    const struct apdu apdu = apdu_of(header, data, APDU_LE_MAX);
    return send(f, channel, &apdu);
}
