/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT: the applet by its name, files by identifier (protocol.md 1.3, 1.4). */
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/cmd/cmd.h"
#include "card-os/device.h"
#include "card-os/files.h"
#include "card-os/key_record.h"
#include "card-os/staging.h"
#include "formats/cvc.h"

static const uint8_t applet_name[] = { 0xE8, 0x2B, 0x06, 0x01, 0x04, 0x01,
                                       0x81, 0xC3, 0x1F, 0x02, 0x01 };

/* A name that the Python client of another emulation selects to learn what card it talks to. */
static const uint8_t identification[] = { 0xA0, 0x58, 0x3F, 0xC1, 0x9B, 0x7E, 0x4F, 0x21 };

/* ISO 7816-4 table 10: what P2 asks for. */
enum { P2_FCI = 0x00, P2_FCP = 0x04, P2_NOTHING = 0x0C };

/* Opens the template that P2 asks for: sc-hsm-embedded reads no other. False: none is asked for. */
static bool open_template(struct call *c, struct tlv_mark *out)
{
    if (c->apdu.p2 == P2_NOTHING)
        return false;
    *out = tlv_open(&c->out, c->apdu.p2 == P2_FCP ? 0x62 : 0x6F);
    return true;
}

/* Answers: an emulation, of an HSM, our version, the end of the serial number (protocol.md
 * 12.6). */
static sw identify(struct call *c)
{
    enum { EMULATION = 3, HSM = 1, SERIAL = 8 };
    uint8_t bytes[CVC_NAME_MAX];
    struct writer serial = WRITER_OF(bytes);
    int r = device_serial(c->card->env->store, &serial);
    size_t extra = serial.size > SERIAL ? serial.size - SERIAL : 0;
    write_u8(&c->out, EMULATION);
    write_u8(&c->out, HSM);
    write_span(&c->out, span_part(device_version, 1, 2));
    write_span(&c->out, span_part(written(&serial), extra, SERIAL));
    return call_status(c, r);
}

sw cmd_select_applet(struct call *c)
{
    if (span_equal(c->apdu.data, SPAN_OF(identification)))
        return identify(c);
    if (!span_equal(c->apdu.data, SPAN_OF(applet_name)))
        return SW_FILE_NOT_FOUND;
    uint16_t options = 0;
    int r = device_options(c->card->env->store, &options);
    if (r && r != STORE_ABSENT)
        return call_status(c, r);
    struct tlv_mark fci;
    if (!open_template(c, &fci))
        return SW_OK;
    tlv_write_u8(&c->out, 0x82, 0x78);
    struct tlv_mark proprietary = tlv_open(&c->out, 0x85);
    write_u16(&c->out, options);
    write_span(&c->out, device_version);
    tlv_close(&c->out, proprietary);
    tlv_close(&c->out, fci);
    return SW_OK;
}

/* The FCI of a key states its limits, if it has any (protocol.md 1.4). */
static void write_key_attributes(struct call *c, const struct key *key)
{
    if (key->uses_left == USES_UNLIMITED && !key->algorithm_count && !key->in_domain)
        return;
    struct tlv_mark attributes = tlv_open(&c->out, 0xA5);
    if (key->uses_left != USES_UNLIMITED) {
        struct tlv_mark uses = tlv_open(&c->out, 0x90);
        write_u32(&c->out, key->uses_left);
        tlv_close(&c->out, uses);
    }
    if (key->algorithm_count)
        tlv_write(&c->out, 0x91, span_of(key->algorithms, key->algorithm_count));
    if (key->in_domain)
        tlv_write_u8(&c->out, 0x92, key->domain);
    tlv_close(&c->out, attributes);
}

static int file_facts(struct call *c, uint16_t file, size_t *out_size, struct key *out_key)
{
    *out_size = 0;
    *out_key = (struct key){ .uses_left = USES_UNLIMITED };
    if (file_is(file, FILE_KEY))
        return key_load(c->card->env->store, (uint8_t)file, out_key);
    return file_size(c, file, out_size);
}

sw cmd_select_file(struct call *c)
{
    uint16_t file = file_addressed(c);
    size_t size;
    struct key key;
    int r = file_facts(c, file, &size, &key);
    if (r == STORE_ABSENT)
        return SW_FILE_NOT_FOUND;
    if (r)
        return call_status(c, r);

    session_wanted(c)->current_file = file;
    struct tlv_mark fci;
    if (!open_template(c, &fci))
        return SW_OK;
    struct tlv_mark member = tlv_open(&c->out, 0x80);
    write_u16(&c->out, size < 0xFFFF ? (uint16_t)size : 0xFFFF);
    tlv_close(&c->out, member);
    tlv_write_u8(&c->out, 0x82, 0x01);
    member = tlv_open(&c->out, 0x83);
    write_u16(&c->out, file);
    tlv_close(&c->out, member);
    write_key_attributes(c, &key);
    tlv_close(&c->out, fci);
    return SW_OK;
}
