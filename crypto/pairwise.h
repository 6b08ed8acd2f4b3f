/* Private to crypto/: the pairwise consistency test, which a key pair must pass before it is kept.
 * FIPS 140-3 requires it for every generated pair. */
#pragma once

#include "crypto/crypto.h"

/* Tests that private and public part of a new key's material belong together. Kinds that sign: the
 * public part must verify a signature in scheme `signing`. Kinds that decipher: encrypting again
 * what was deciphered must give the cipher text. Kinds that only agree: the private part times the
 * base point must be the public part. Uses the material itself, as it will be stored. FAULT_BROKEN:
 * the test failed. */
MUST_CHECK int pairwise_test(const struct key_kind *kind, const struct key_spec *spec,
                             struct scheme signing, struct span material);
