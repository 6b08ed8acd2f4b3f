/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: functions common to keys on Edwards and Montgomery curves. Private and public
 * key are byte strings of the same length, encoded as in RFC 7748 and RFC 8032. Material: private
 * key, public key. The first five functions are those of struct key_kind; `form` of the curve tells
 * the two kinds apart. */
#pragma once

#include "crypto/ossl_key.h"

MUST_CHECK int raw_pair_generate(const struct key_spec *spec, const struct patience *patience,
                                 struct writer *out_material);
MUST_CHECK int raw_pair_open(const struct key_spec *spec, struct span material,
                             struct live_key **out);
MUST_CHECK int raw_pair_public_part(const struct key_spec *spec, struct span material,
                                    struct public_part *out);
MUST_CHECK int raw_pair_export(const struct key_spec *spec, struct span material,
                               struct key_parts *out);
MUST_CHECK int raw_pair_import(struct key_spec *spec, const struct key_parts *parts,
                               const struct patience *patience, struct writer *out_material);

/* Make an OpenSSL key from a private or a public key. CRYPTO_BAD_KEY: its length is not that of the
 * curve's keys. */
MUST_CHECK int raw_pair_from_secret(const struct curve *curve, struct span secret, EVP_PKEY **out);
MUST_CHECK int raw_pair_from_point(const struct curve *curve, struct span point, EVP_PKEY **out);

/* EdDSA over the message itself, without a context. */
MUST_CHECK int raw_pair_sign(EVP_PKEY *pkey, struct span message, struct writer *out);
/* CRYPTO_BAD_SIGNATURE. */
MUST_CHECK int raw_pair_verify(EVP_PKEY *pkey, struct span message, struct span signature);
