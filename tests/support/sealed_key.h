/* SPDX-License-Identifier: Apache-2.0 */
/* A key of known material in a fixture's card, sealed as an import would, and commands to it. */
#pragma once

#include "crypto/crypto.h"
#include "tests/support/card_fixture.h"

#define SEALED_KEY 1 /* its number */

/* Replaces the one before. */
void sealed_key_put(struct card_fixture *f, const struct key_spec *spec, struct span material);
/* An EC key by its scalar alone. The generator stands in for its public point, which plays no part
 * in signing and agreeing. */
void sealed_key_put_scalar(struct card_fixture *f, const struct curve *curve, struct span scalar);
/* Sends the key command and gives its status; the answer's data is in card_fixture_data(). */
unsigned sealed_key_command(struct card_fixture *f, uint8_t ins, uint8_t algorithm,
                            struct span data);
