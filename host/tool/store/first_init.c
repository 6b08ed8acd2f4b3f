/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/store/first_init.h"

#include "base/failure.h"
#include "base/secret.h"
#include "base/tlv.h"
#include "card-os/card.h"
#include "card-os/device.h"
#include "card-os/pin.h"
#include "formats/apdu.h"
#include "formats/file_ids.h"
#include "formats/token_info.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/exits.h"

enum { INITIALIZE = 0x80500000, WRITE_FILE = 0x00D70000, TRIES = 3, WELL = 0x9000 };

int first_init_is_due(struct store *store, bool *out)
{
    int r = store_has(store, OBJECT_PIN, PIN_OFFICER);
    *out = r == STORE_ABSENT;
    return r == STORE_ABSENT ? 0 : r;
}

/* A card that is powered on, and room for its answers. On the secret heap: it works on secrets. */
struct bench {
    struct card card;
    uint8_t answer[CARD_APDU_MAX];
};

static int complain(const char *what)
{
    return tool_complain(TOOL_FAILED, "initialising the token: %s", what);
}

static int command(struct bench *bench, uint32_t header, struct span data)
{
    uint8_t bytes[300];
    struct writer out = WRITER_OF(bytes), answer = WRITER_OF(bench->answer);
    struct apdu apdu = apdu_of(header, data, 0);
    apdu_write(&apdu, &out);
    if (out.full)
        return complain("the command is too long");
    if (card_transmit(&bench->card, written(&out), &answer))
        return complain(failure_last()->cause);
    struct reader status = reader_of(written(&answer));
    return read_u16(&status) == WELL ? 0 : complain("the card refuses it");
}

static int initialise(struct bench *bench, int shares)
{
    static const uint8_t options[] = { 0, 1 }; /* the SO may unblock the user PIN */
    uint8_t bytes[64], so_pin_bytes[OFFICER_PIN_SIZE];
    struct writer out = WRITER_OF(bytes), so_pin = WRITER_OF(so_pin_bytes);
    if (!hex_decode(FIRST_SO_PIN, &so_pin))
        return complain("the SO-PIN is none");
    tlv_write(&out, 0x80, SPAN_OF(options));
    tlv_write(&out, 0x81, span_of_text(FIRST_PIN));
    tlv_write(&out, 0x82, written(&so_pin));
    tlv_write_u8(&out, 0x91, TRIES);
    if (shares >= 0)
        tlv_write_u8(&out, 0x92, (uint8_t)shares);
    return command(bench, INITIALIZE, written(&out));
}

/* INITIALIZE leaves the session logged in, so that writing the label needs no PIN. */
static int write_label(struct bench *bench, struct store *store, const char *label)
{
    uint8_t bytes[256], content_bytes[224], serial_bytes[CVC_NAME_MAX];
    struct writer out = WRITER_OF(bytes), content = WRITER_OF(content_bytes),
                  serial = WRITER_OF(serial_bytes);
    if (device_serial(store, &serial))
        return complain(failure_last()->cause);
    const struct token_info info = { .serial = written(&serial),
                                     .manufacturer = span_of_text("Glass HSM"),
                                     .label = span_of_text(label) };
    token_info_write(&info, &content);
    tlv_write(&out, 0x54, SPAN_OF(((const uint8_t[]){ 0, 0 })));
    tlv_write(&out, 0x53, written(&content));
    return command(bench, WRITE_FILE | FILE_TOKEN_INFO, written(&out));
}

int first_init(const struct env *env, const struct first_init *wishes)
{
    struct bench *bench = secret_alloc(sizeof *bench);
    if (!bench)
        return complain("there is no memory");
    int status = card_init(&bench->card, env) ? complain(failure_last()->cause) : 0;
    if (!status)
        status = initialise(bench, wishes->shares);
    if (!status && wishes->label)
        status = write_label(bench, env->store, wishes->label);
    card_deinit(&bench->card);
    secret_free(bench);
    return status;
}
