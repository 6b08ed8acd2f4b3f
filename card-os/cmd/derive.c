/* SPDX-License-Identifier: Apache-2.0 */
/* DERIVE EC KEY: a new key from a key of the card and a parameter of the host (protocol.md 5.3). */
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/cmd/cmd.h"
#include "card-os/device.h"
#include "card-os/files.h"
#include "card-os/key_record.h"
#include "card-os/keys.h"
#include "card-os/request.h"
#include "formats/cvc.h"

/* Describes the new key: it has the limits of its source. A source with a use counter is refused:
 * the parameter is no secret (and may be zero), so the new key could do without a counter what the
 * source can. */
static sw load_heir(struct call *c, struct key *out)
{
    int r = key_load(c->card->env->store, c->apdu.p1, out);
    if (r)
        return call_status(c, r);
    if (out->uses_left != USES_UNLIMITED)
        return CHOICE_COUNTED_KEY_DERIVES;
    out->id = c->apdu.p2;
    out->origin = KEY_DERIVED;
    return SW_OK;
}

/* Stores a request for the new key under the device's name, since the host gives none. The device
 * does not sign it: a person who brought the source in knows this key too. */
static sw put_request(struct call *c, const struct key *key, struct span material)
{
    uint8_t bytes[CVC_NAME_MAX];
    struct writer name = WRITER_OF(bytes);
    int r = device_name(c->card->env->store, &name);
    if (r)
        return call_status(c, r);
    const struct request request = { .spec = &key->spec,
                                     .material = material,
                                     .chr = written(&name) };
    sw s = request_write_plain(c, &request, &c->scratch);
    return sw_ok(s) ? call_status(c, file_save(c, FILE_CERTIFICATE | key->id, &c->scratch)) : s;
}

sw cmd_derive_key(struct call *c)
{
    struct reader in = call_data(c);
    struct key_in_use source;
    struct key heir;
    sw s = key_use(c, c->apdu.p1, PURPOSE_DERIVE, read_u8(&in), &source);
    if (sw_ok(s))
        s = load_heir(c, &heir);
    if (!sw_ok(s))
        return s;

    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);
    int r = source.kind->derive(source.live, read_rest(&in), &material);
    if (r == CRYPTO_BAD_INPUT)
        return SW_WRONG_DATA;
    if (!r)
        r = key_store(c, &heir, written(&material));
    if (r)
        return call_status(c, r);
    key_name_subject(c, &heir);
    return put_request(c, &heir, written(&material));
}
