/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a store, all derived from its inner secret, which unlocking gives (unlock.h). Each
 * purpose has a key of its own, so that bytes made for one purpose are never accepted for
 * another. */
#pragma once

#include "base/secret.h"

#define ROOT_SIZE   32
#define INNER_SIZE  32
#define SUBKEY_SIZE 32
#define MAC_SIZE    32

enum subkey {
    SUBKEY_SEAL,   /* encryption of objects */
    SUBKEY_ROW,    /* tags of rows (rowset.h) */
    SUBKEY_SET,    /* digest of the sum of all row tags (rowset.h) */
    SUBKEY_STATE,  /* MAC of the state row */
    SUBKEY_PEPPER, /* PIN verifiers */
    SUBKEY_ANCHOR, /* MAC of the anchor's slots */
    SUBKEY_COUNT
};

struct hierarchy {
    struct secret keys; /* the keys of all purposes, SUBKEY_SIZE bytes each, in the order of enum
                           subkey */
};

/* Derives all keys; the inner secret itself is not kept. FAULT_MEMORY. */
MUST_CHECK int hierarchy_init(struct hierarchy *h, const uint8_t inner[INNER_SIZE]);
/* Wipes the keys; harmless on an empty hierarchy. */
void hierarchy_deinit(struct hierarchy *h);

const uint8_t *hierarchy_key(const struct hierarchy *h, enum subkey which);
/* Keyed BLAKE2b-256 of the parts, one after the other, under the key of that purpose. */
void hierarchy_mac(const struct hierarchy *h, enum subkey which, const struct span *parts,
                   size_t count, uint8_t out[MAC_SIZE]);
