/* What a key signs for certificates and requests, its own or others'. */
#pragma once

#include "crypto/crypto.h"

/* A key made ready for one operation; borrowed from whoever made it ready (keys.h). */
struct key_in_use {
    const struct key_kind *kind;
    struct live_key *live;
    struct scheme scheme;
    const struct key_spec *spec;
};

/* The signature 5F37 of a certificate or request over `message`, appended to out: SHA-256, RSA
 * PKCS#1 v1.5 or plain r || s (TR-03110-3 D.2), or EdDSA. */
MUST_CHECK int key_sign_cvc(const struct key_in_use *key, struct span message, struct writer *out);
/* The same, verified with what is said to be the key's public part: the pairwise consistency test
 * of a key that signs its own request. FAULT_BROKEN: it is another key's, and nothing is written.
 */
MUST_CHECK int key_prove_cvc(const struct key_in_use *key, const struct public_part *public_part,
                             struct span message, struct writer *out);
