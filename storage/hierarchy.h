/* The keys of a store: one secret, which unlocking gives (unlock.h), and what is derived from it.
 * Each purpose has its own key, so that nothing made for one can be used for another. */
#pragma once

#include "base/secret.h"

#define ROOT_SIZE   32
#define INNER_SIZE  32
#define SUBKEY_SIZE 32
#define MAC_SIZE    32

enum subkey {
    SUBKEY_SEAL,   /* encryption of objects */
    SUBKEY_ROW,    /* tags of rows */
    SUBKEY_SET,    /* digest of the sum of all tags */
    SUBKEY_STATE,  /* MAC of the state row */
    SUBKEY_PEPPER, /* PIN verifiers */
    SUBKEY_ANCHOR, /* MAC of the anchor's slots */
    SUBKEY_LOG,    /* signing of the log's checkpoints */
    SUBKEY_COUNT
};

struct hierarchy {
    struct secret keys; /* of all purposes, one after the other */
};

/* Derives all keys; the inner secret is not kept. FAULT_MEMORY. */
MUST_CHECK int hierarchy_init(struct hierarchy *h, const uint8_t inner[INNER_SIZE]);
/* Wipes; harmless on an empty one. */
void hierarchy_deinit(struct hierarchy *h);

const uint8_t *hierarchy_key(const struct hierarchy *h, enum subkey which);
/* Keyed BLAKE2b-256 of the parts, one after the other, under the key of that purpose. */
void hierarchy_mac(const struct hierarchy *h, enum subkey which, const struct span *parts,
                   size_t count, uint8_t out[MAC_SIZE]);
