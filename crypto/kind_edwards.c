/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on Edwards curves: Ed25519 and Ed448 (RFC 8032). They sign the message itself, without a
 * context; signatures are deterministic. */
#include "crypto/kinds.h"
#include "crypto/raw_pair.h"

static bool offered(struct scheme scheme)
{
    return scheme.padding == PADDING_NONE && scheme.digest == DIGEST_NONE;
}

static int edwards_sign(struct live_key *key, struct scheme scheme, struct span input,
                        struct writer *out)
{
    return offered(scheme) ? raw_pair_sign(key->pkey, input, out) : CRYPTO_UNSUPPORTED;
}

static int edwards_verify(const struct key_spec *spec, const struct public_part *public_part,
                          struct scheme scheme, struct span input, struct span signature)
{
    SCOPED(end_EVP_PKEY) EVP_PKEY *pkey = NULL;
    if (!offered(scheme))
        return CRYPTO_UNSUPPORTED;
    if (!spec->curve || spec->curve->form != CURVE_EDWARDS)
        return CRYPTO_BAD_KEY;
    int result = raw_pair_from_point(spec->curve, public_part->point, &pkey);
    return result ? result : raw_pair_verify(pkey, input, signature);
}

const struct key_kind kind_edwards = {
    .type = KEY_EDWARDS,
    .on_curves = true,
    .form = CURVE_EDWARDS,
    .request_scheme = { PADDING_NONE, DIGEST_NONE },
    .name = "Edwards",
    .generate = raw_pair_generate,
    .open = raw_pair_open,
    .public_part = raw_pair_public_part,
    .sign = edwards_sign,
    .to_parts = raw_pair_export,
    .import = raw_pair_import,
    .verify = edwards_verify,
};
