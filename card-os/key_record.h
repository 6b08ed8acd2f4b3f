/* A key as the store keeps it: what it is and may do (struct key). Its material is another object,
 * which keys.h alone opens. */
#pragma once

#include "card-os/live_keys.h"
#include "storage/store.h"

/* STORE_ABSENT. FAULT_BROKEN: it is stored in an unknown form. */
MUST_CHECK int key_load(struct store *store, uint8_t id, struct key *out);
/* Creates or replaces it, in the open transaction. */
MUST_CHECK int key_save(struct store *store, const struct key *key);
/* What a key costs of the card's capacity. */
size_t key_cost(const struct key *key);
