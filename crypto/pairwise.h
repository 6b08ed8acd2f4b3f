/* Private to crypto/: the pairwise consistency test, which a key pair passes before it is kept.
 * FIPS 140-3 demands one of every generated pair. */
#pragma once

#include "crypto/crypto.h"

/* Whether the two halves of a fresh key's material belong together: what it signs under this scheme
 * verifies, for kinds that decipher, what it deciphers encrypts back, and for kinds that only
 * agree, the public half is what it makes of the base point. Tests the material itself, as it will
 * be stored. FAULT_BROKEN: they do not. */
MUST_CHECK int pairwise_test(const struct key_kind *kind, const struct key_spec *spec,
                             struct scheme signing, struct span material);
