/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/request.h"

#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/device.h"
#include "formats/cvc.h"

/* For a key that can only agree: writes an empty signature, since hosts look for the member, and
 * tests the key by an agreement. */
static int leave_unsigned(const struct request *request, struct writer *out)
{
    tlv_write(out, CVC_SIGNATURE, (struct span){ 0 });
    return key_test_pair(request->spec, request->material);
}

static int write_inner(const struct request *request, struct live_key *live, struct writer *out)
{
    const struct key_kind *kind = key_kind_of(request->spec->type);
    struct cvc_body body = {
        .car = request->car,
        .spec = request->spec,
        .domain_parameters = true,
        .chr = request->chr,
        .group = request->group,
        .request = true,
    };
    int r = kind->public_part(request->spec, request->material, &body.key);
    if (r)
        return r;

    struct tlv_mark certificate = tlv_open(out, CVC_CERTIFICATE);
    size_t start = out->size;
    r = cvc_write_body(&body, out);
    struct key_in_use key = { .kind = kind, .live = live, .spec = request->spec };
    struct span signed_part = span_part(written(out), start, out->size);
    if (!r)
        r = kind->sign ? key_prove_cvc(&key, &body.key, signed_part, out)
                       : leave_unsigned(request, out);
    tlv_close(out, certificate);
    return r;
}

static int write_own_signature(const struct request *request, struct writer *out)
{
    SCOPED(live_key_close) struct live_key *live = NULL;
    int r = key_kind_of(request->spec->type)->open(request->spec, request->material, &live);
    return r ? r : write_inner(request, live, out);
}

static int write_device_name(struct call *c, struct writer *out)
{
    struct tlv_mark mark = tlv_open(out, CVC_CAR);
    int r = device_name(c->card->env->store, out);
    tlv_close(out, mark);
    return r;
}

sw request_write_plain(struct call *c, const struct request *request, struct writer *out)
{
    return call_status(c, write_own_signature(request, out));
}

sw request_write(struct call *c, const struct request *request, struct writer *out)
{
    struct tlv_mark whole = tlv_open(out, CVC_AUTHENTICATED_REQUEST);
    size_t start = out->size;
    int r = write_own_signature(request, out);
    if (!r)
        r = write_device_name(c, out);
    if (r)
        return call_status(c, r);

    struct key_in_use device;
    sw s = key_use_device(c, &device);
    if (sw_ok(s))
        s = call_status(c, key_sign_cvc(&device, span_part(written(out), start, out->size), out));
    tlv_close(out, whole);
    return s;
}
