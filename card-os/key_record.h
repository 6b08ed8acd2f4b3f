/* SPDX-License-Identifier: Apache-2.0 */
/* How the store keeps what a key is and may do (struct key). The key's material is another object,
 * which keys.c alone reads. */
#pragma once

#include "card-os/live_keys.h"
#include "storage/store.h"

/* Reads what is stored about a key. STORE_ABSENT. FAULT_BROKEN: it is stored in an unknown form. */
MUST_CHECK int key_load(struct store *store, uint8_t id, struct key *out);
/* Creates or replaces what is stored about a key, in the open transaction. */
MUST_CHECK int key_save(struct store *store, const struct key *key);
/* Bytes of the card's capacity that a key takes (capacity.h). */
size_t key_cost(const struct key *key);
