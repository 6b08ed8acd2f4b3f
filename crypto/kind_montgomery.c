/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on Montgomery curves: X25519 and X448 (RFC 7748). Key agreement is their only operation. */
#include "crypto/kinds.h"
#include "crypto/raw_pair.h"

#define SHARED_MAX 56 /* X448 */

/* For a point of small order the result would be zero, which OpenSSL refuses (RFC 7748 6.1). */
static int derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out_shared[SHARED_MAX], size_t *out_size)
{
    SCOPED(end_EVP_PKEY_CTX) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    *out_size = SHARED_MAX;
    if (!context || EVP_PKEY_derive_init(context) != 1 ||
        EVP_PKEY_derive_set_peer(context, peer) != 1)
        return ossl_failure("agreement");
    ossl_begin();
    if (EVP_PKEY_derive(context, out_shared, out_size) != 1)
        return ossl_refusal(CRYPTO_BAD_INPUT, "agreement");
    return 0;
}

static int montgomery_agree(struct live_key *key, struct span peer, struct writer *out)
{
    SCOPED(end_EVP_PKEY) EVP_PKEY *point = NULL;
    SCOPED_SECRET(shared, SHARED_MAX);
    size_t size;
    if (peer.size != key->size)
        return CRYPTO_BAD_INPUT;
    int result = raw_pair_from_point(key->curve, peer, &point);
    if (!result)
        result = derive(key->pkey, point, shared, &size);
    if (!result && span_is_zero(span_of(shared, size)))
        result = CRYPTO_BAD_INPUT;
    if (!result)
        write_span(out, span_of(shared, size));
    return result;
}

const struct key_kind kind_montgomery = {
    .type = KEY_MONTGOMERY,
    .on_curves = true,
    .form = CURVE_MONTGOMERY,
    .name = "Montgomery",
    .generate = raw_pair_generate,
    .open = raw_pair_open,
    .public_part = raw_pair_public_part,
    .agree = montgomery_agree,
    .to_parts = raw_pair_export,
    .import = raw_pair_import,
};
