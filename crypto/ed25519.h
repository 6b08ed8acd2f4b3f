/* Ed25519 (RFC 8032), for the checkpoints of the log. A key is its seed of 32 bytes. Keys of hosts
 * are of the kind in kind_edwards.c; what both do is in raw_pair.c. */
#pragma once

#include "base/bytes.h"
#include "crypto/crypto.h"

#define ED25519_SEED_SIZE      32
#define ED25519_PUBLIC_SIZE    32
#define ED25519_SIGNATURE_SIZE 64

/* Results are written on success only. Faults: FAULT_MEMORY, FAULT_LIBRARY. */

/* A fresh seed, the caller's to wipe. */
MUST_CHECK int ed25519_generate(uint8_t out_seed[ED25519_SEED_SIZE]);
MUST_CHECK int ed25519_public(const uint8_t seed[ED25519_SEED_SIZE],
                              uint8_t out_public[ED25519_PUBLIC_SIZE]);
MUST_CHECK int ed25519_sign(const uint8_t seed[ED25519_SEED_SIZE], struct span message,
                            uint8_t out_signature[ED25519_SIGNATURE_SIZE]);
/* CRYPTO_BAD_SIGNATURE: not made over this message by this key, or the key is none. */
MUST_CHECK int ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message,
                              const uint8_t signature[ED25519_SIGNATURE_SIZE]);
