/* SPDX-License-Identifier: Apache-2.0 */
#include "host/client/device_chain.h"

#include "base/tlv.h"

static int read_certificate(struct reader *in, const struct curve *inherited, struct cvc *out)
{
    struct reader certificate = tlv_enter(in, CVC_CERTIFICATE);
    if (read_failed(in))
        return CHAIN_BROKEN;
    int r = cvc_read(&certificate, inherited, out);
    return r > 0 || (!r && !read_finished(&certificate)) ? CHAIN_BROKEN : r;
}

/* Verifies that the issuer signed this certificate, in this role, and that today is within its
 * dates. */
static int verify(const struct cvc *cvc, const struct cvc *issuer, enum cvc_role role,
                  uint32_t today)
{
    bool named = cvc->authorised && cvc->role == role && span_equal(cvc->car, issuer->chr);
    if (!named || !cvc_is_valid(cvc->dates, today))
        return CHAIN_BROKEN;
    int r = cvc_verify(&issuer->spec, &issuer->key, cvc->body, cvc->signature);
    return r > 0 ? CHAIN_BROKEN : r;
}

int device_chain_verify(struct span certificates, struct span root_file, uint32_t today,
                        struct cvc *out_device)
{
    struct reader root_in = reader_of(root_file), in = reader_of(certificates);
    struct cvc root, issuer, device;
    int r = read_certificate(&root_in, NULL, &root);
    if (!r)
        r = verify(&root, &root, CVC_ROOT, today);
    /* The device's certificate comes first; it may leave out its curve, which the issuer's then
     * tells. */
    struct tlv first = tlv_read(&in);
    if (!r)
        r = read_certificate(&in, root.spec.curve, &issuer);
    struct reader device_in = reader_of(first.whole);
    if (!r)
        r = verify(&issuer, &root, CVC_ISSUER, today);
    if (!r)
        r = read_certificate(&device_in, issuer.spec.curve, &device);
    if (!r)
        r = verify(&device, &issuer, CVC_DEVICE, today);
    if (!r)
        *out_device = device;
    return r;
}

int device_chain_read(struct span certificates, const struct curve *curve, struct cvc *out_device)
{
    struct reader in = reader_of(certificates);
    return read_certificate(&in, curve, out_device);
}
