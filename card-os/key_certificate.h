/* SPDX-License-Identifier: Apache-2.0 */
/* Signs certificates and certificate requests with a key: its own request, or those of others. */
#pragma once

#include "crypto/crypto.h"

/* A key ready for one operation. All pointers are borrowed: from a live key (keys.h), or from the
 * caller that opened it. */
struct key_in_use {
    const struct key_kind *kind;
    struct live_key *live;
    struct scheme scheme;
    const struct key_spec *spec;
};

/* The signature 5F37 of a certificate or request over `message`, appended to out: SHA-256, RSA
 * PKCS#1 v1.5 or plain r || s (TR-03110-3 D.2), or EdDSA. */
MUST_CHECK int key_sign_cvc(const struct key_in_use *key, struct span message, struct writer *out);
/* Signs as key_sign_cvc() does, and before it appends the signature verifies it with this public
 * part: the pairwise consistency test of a new key that signs its own request. FAULT_BROKEN: the
 * public part is not this key's, and nothing is written. */
MUST_CHECK int key_prove_cvc(const struct key_in_use *key, const struct public_part *public_part,
                             struct span message, struct writer *out);
