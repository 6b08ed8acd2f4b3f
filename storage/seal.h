/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing: authenticated encryption of object contents with XChaCha20-Poly1305 and a random nonce,
 * bound to the row that holds the sealed bytes. They do not open after they were moved to another
 * row, another device or another incarnation of the store, nor in place of another version of the
 * same row.
 *
 * Sealed bytes: nonce (24), ciphertext (as long as the plain bytes), tag (16). */
#pragma once

#include "base/bytes.h"
#include "base/results.h"

#define SEAL_KEY_SIZE    32
#define SEAL_OVERHEAD    (24 + 16)
#define DEVICE_SIZE      16
#define INCARNATION_SIZE 8

enum { SEAL_FORGED = RESULTS_SEAL }; /* the bytes were not sealed for this place with this key */

/* The place that sealed bytes are bound to, as associated data: device, incarnation and row. */
struct seal_place {
    uint8_t device[DEVICE_SIZE];
    uint8_t incarnation[INCARNATION_SIZE];
    uint32_t type, id;
    uint64_t version; /* of the row */
};

/* Seals plain and appends the result to out; sets `full` when it does not fit. */
void seal_close(const uint8_t key[SEAL_KEY_SIZE], const struct seal_place *place, struct span plain,
                struct writer *out);
/* Opens sealed bytes and appends the plain ones to out, which must have room for sealed.size -
 * SEAL_OVERHEAD bytes. SEAL_FORGED: nothing is written. */
MUST_CHECK int seal_open(const uint8_t key[SEAL_KEY_SIZE], const struct seal_place *place,
                         struct span sealed, struct writer *out);

/* seal_close() and seal_open() for the sealed root secret, which is bound to other facts than a
 * row's place. */
void seal_close_bound(const uint8_t key[SEAL_KEY_SIZE], struct span bound, struct span plain,
                      struct writer *out);
MUST_CHECK int seal_open_bound(const uint8_t key[SEAL_KEY_SIZE], struct span bound,
                               struct span sealed, struct writer *out);
