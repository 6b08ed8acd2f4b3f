/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 (RFC 8032) for the log's checkpoints. The private key is its seed of 32 bytes. Ed25519
 * keys that hosts use on the card are in kind_edwards.c; code common to both is in raw_pair.c. */
#pragma once

#include "base/bytes.h"
#include "crypto/crypto.h"

#define ED25519_SEED_SIZE      32
#define ED25519_PUBLIC_SIZE    32
#define ED25519_SIGNATURE_SIZE 64

/* Results are written on success only. Faults: FAULT_MEMORY, FAULT_LIBRARY. */

/* Makes a new seed, which the caller wipes. */
MUST_CHECK int ed25519_generate(uint8_t out_seed[ED25519_SEED_SIZE]);
MUST_CHECK int ed25519_public(const uint8_t seed[ED25519_SEED_SIZE],
                              uint8_t out_public[ED25519_PUBLIC_SIZE]);
MUST_CHECK int ed25519_sign(const uint8_t seed[ED25519_SEED_SIZE], struct span message,
                            uint8_t out_signature[ED25519_SIGNATURE_SIZE]);
/* CRYPTO_BAD_SIGNATURE: the signature was not made over this message by this key, or the key is
 * invalid. */
MUST_CHECK int ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message,
                              const uint8_t signature[ED25519_SIGNATURE_SIZE]);
