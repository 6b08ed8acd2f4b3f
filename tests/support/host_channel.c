#include "tests/support/host_channel.h"

#include "base/tlv.h"
#include "crypto/crypto.h"
#include "formats/apdu.h"
#include "formats/cvc.h"
#include "tests/support/require.h"

#define CHOOSE_CHANNEL "00 22 41 A4 0C 800A04007F00070202030202"

static struct span device_point(struct card_fixture *f, const struct curve *curve,
                                struct writer *room)
{
    struct cvc device;
    card_fixture_send_hex(f, "00 B1 2F 02 00 00 04 54 02 00 00 00 00");
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

static void authenticate(struct card_fixture *f, struct span point)
{
    uint8_t bytes[160], data_bytes[128];
    struct writer command = WRITER_OF(bytes), data = WRITER_OF(data_bytes);
    struct tlv_mark dynamic = tlv_open(&data, 0x7C);
    tlv_write(&data, 0x80, point);
    tlv_close(&data, dynamic);
    const struct apdu apdu = { 0x00, 0x86, 0, 0, written(&data), true, 256 };
    apdu_write(&apdu, &command);
    card_fixture_send(f, written(&command));
}

void host_channel_open(struct card_fixture *f, struct channel *out)
{
    const struct curve *curve = curve_by_name("brainpoolP256r1");
    uint8_t shared_bytes[CURVE_POINT_MAX], own_bytes[CURVE_POINT_MAX], chain_bytes[1024];
    struct writer shared = WRITER_OF(shared_bytes), own = WRITER_OF(own_bytes),
                  chain = WRITER_OF(chain_bytes);
    agree(curve, device_point(f, curve, &chain), &shared, &own);
    require(card_fixture_status(f, CHOOSE_CHANNEL) == 0x9000, "the protocol");
    authenticate(f, written(&own));
    struct reader in = reader_of(card_fixture_data(f));
    struct reader dynamic = tlv_enter(&in, 0x7C);
    struct span nonce = tlv_expect(&dynamic, 0x81);
    require(!read_failed(&dynamic) &&
                channel_derive(span_part(written(&shared), 1, 32), nonce, out) == 0,
            "its keys");
}

static uint16_t take_answer(struct card_fixture *f, struct channel *channel)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer data = WRITER_OF(bytes);
    uint16_t status = 0;
    require(channel_open_answer(channel, card_fixture_data(f), &data, &status) == 0,
            "its answer does not verify");
    write_trim(&f->answer, 0);
    write_span(&f->answer, written(&data));
    write_u16(&f->answer, status);
    return status;
}

uint16_t host_channel_send(struct card_fixture *f, struct channel *channel, struct span command)
{
    static uint8_t sealed_bytes[CARD_APDU_MAX], scratch_bytes[CARD_APDU_MAX];
    struct writer sealed = WRITER_OF(sealed_bytes), scratch = WRITER_OF(scratch_bytes);
    struct apdu apdu;
    require(apdu_parse(command, &apdu) &&
                channel_seal_command(channel, &apdu, &scratch, &sealed) == 0 && !sealed.full,
            "protecting a command");
    card_fixture_send(f, written(&sealed));
    return take_answer(f, channel);
}
