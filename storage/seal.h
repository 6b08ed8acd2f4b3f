/* Sealing: XChaCha20-Poly1305 with a random nonce, bound to the place where the sealed bytes lie.
 * Moved to another row, another device or another life of the store, or replaced by an older
 * version of the same row, they do not open.
 *
 * Sealed bytes: nonce (24), ciphertext (as long as the plain bytes), tag (16). */
#pragma once

#include "base/bytes.h"

#define SEAL_KEY_SIZE    32
#define SEAL_OVERHEAD    (24 + 16)
#define DEVICE_SIZE      16
#define INCARNATION_SIZE 8

enum { SEAL_FORGED = 1 }; /* the bytes were not sealed for this place with this key */

/* For whom and where: the associated data. */
struct seal_place {
    uint8_t device[DEVICE_SIZE];
    uint8_t incarnation[INCARNATION_SIZE];
    uint32_t type, id;
    uint64_t version; /* of the row */
};

/* Appends to out; `full` when it does not fit. */
void seal_close(const uint8_t key[SEAL_KEY_SIZE], const struct seal_place *place, struct span plain,
                struct writer *out);
/* Appends to out, which must have room for sealed.size - SEAL_OVERHEAD bytes. SEAL_FORGED: nothing
 * is written. */
MUST_CHECK int seal_open(const uint8_t key[SEAL_KEY_SIZE], const struct seal_place *place,
                         struct span sealed, struct writer *out);

/* The same for bytes that are bound to other facts than a row: the sealed root secret. */
void seal_close_bound(const uint8_t key[SEAL_KEY_SIZE], struct span bound, struct span plain,
                      struct writer *out);
MUST_CHECK int seal_open_bound(const uint8_t key[SEAL_KEY_SIZE], struct span bound,
                               struct span sealed, struct writer *out);
