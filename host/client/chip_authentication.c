/* SPDX-License-Identifier: Apache-2.0 */
#include "host/client/chip_authentication.h"

#include "base/secret.h"

void chip_authentication_wipe(struct chip_authentication *meeting)
{
    secret_wipe(meeting, sizeof *meeting);
}

static int keep_own_point(struct chip_authentication *meeting, const struct key_spec *spec,
                          struct span material)
{
    struct public_part part;
    struct writer point = WRITER_OF(meeting->point);
    int r = key_kind_of(KEY_EC)->public_part(spec, material, &part);
    if (!r)
        write_span(&point, part.point);
    meeting->own = written(&point);
    return r;
}

int chip_authentication_on(struct span peer, const struct curve *curve,
                           struct chip_authentication *out)
{
    const struct key_kind *kind = key_kind_of(KEY_EC);
    const struct key_spec spec = { .type = KEY_EC, .bits = curve->bits, .curve = curve };
    SCOPED(live_key_close) struct live_key *live = NULL;
    struct writer material = WRITER_OF(out->material), shared = WRITER_OF(out->shared);
    int r = kind->generate(&spec, NULL, &material);
    if (!r)
        r = keep_own_point(out, &spec, written(&material));
    if (!r)
        r = kind->open(&spec, written(&material), &live);
    if (!r)
        r = kind->agree(live, peer, &shared);
    out->curve = curve;
    out->x = span_part(written(&shared), 1, curve_field_size(curve));
    return r;
}

/* A device's certificate does not name its curve. The root would; without one, the curve is found
 * by trying which of them the key's point lies on. */
int chip_authentication_unverified(struct span certificates, struct chip_authentication *out)
{
    for (size_t i = 0; i < curve_count(); i++) {
        struct cvc device;
        int r = device_chain_read(certificates, curve_at(i), &device);
        if (r || device.spec.type != KEY_EC)
            return r ? r : CHAIN_BROKEN;
        r = chip_authentication_on(device.key.point, device.spec.curve, out);
        if (r != CRYPTO_BAD_INPUT)
            return r;
    }
    return CHAIN_BROKEN;
}
