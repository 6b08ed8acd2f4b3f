/* SPDX-License-Identifier: Apache-2.0 */
/* From an unlock source to the secrets of a store, in three steps. So sources can be added and
 * removed, and the root secret renewed, without resealing any object:
 *
 *   source         gives a key; each source has a row, and any of them opens the store
 *   root secret    sealed in each source's row under the source's key
 *   inner secret   sealed under the root, in the row of kind 0; all other keys derive from it
 *
 * A key file holds 32 random bytes as 64 hex digits and a newline, mode 0600. A key handed over by
 * another process (UNLOCK_HANDED_KEY) has the same content and opens the same rows, but its mode is
 * not checked. A passphrase is stretched with Argon2id; salt and costs are in the row.
 *
 * Schema 1 had one source and no inner secret: keys were derived from the root secret. */
#pragma once

#include "base/results.h"
#include "storage/db.h"
#include "storage/hierarchy.h"
#include "storage/open.h"
#include "storage/seal.h"

enum {
    UNLOCK_ABSENT = RESULTS_UNLOCK, /* there is no key file at the path */
    UNLOCK_UNREADABLE,              /* the key file cannot be opened */
    UNLOCK_EXPOSED,                 /* others may read the key file */
    UNLOCK_MALFORMED,               /* the key file does not hold 64 hex digits */
    UNLOCK_NO_SOURCE,               /* the store has no source of this kind */
    UNLOCK_WRONG_KEY,               /* the key in the file does not open the store */
    UNLOCK_WRONG_PASSPHRASE,
};

struct unlock_source {
    enum unlock_kind kind;
    const char *key_file;   /* UNLOCK_KEY_FILE, UNLOCK_HANDED_KEY */
    struct span passphrase; /* UNLOCK_PASSPHRASE */
};

/* Makes a key file with new random bytes, synced. An existing file is never replaced:
 * FAULT_DISK. */
MUST_CHECK int unlock_make_key_file(const char *path);
/* Adds a row that seals root for the source. Only in a transaction. STORE_FULL, and the results
 * above that concern the key file. */
MUST_CHECK int unlock_add(struct db *db, const struct unlock_source *source, const char *name,
                          const uint8_t root[ROOT_SIZE]);

/* The root secret that a source gave, and the source's key and row, with which another root secret
 * can be sealed for it. */
struct unlocked {
    uint8_t root[ROOT_SIZE];
    uint8_t key[SEAL_KEY_SIZE];
    enum unlock_kind kind; /* as stored */
    uint64_t row;
};
void unlocked_wipe(struct unlocked *u);
/* Opens the root secret with a source. All positive results above. FAULT_BROKEN: the row's
 * parameters were altered. */
MUST_CHECK int unlock_root(struct db *db, const struct unlock_source *source, struct unlocked *out);
/* Replaces the sealed root secret in the row of its source by u->root. Only in a transaction.
 * STORE_FULL. */
MUST_CHECK int unlock_reseal(struct db *db, const struct unlocked *u);

/* Opens the inner secret. FAULT_BROKEN: it is missing or was not sealed under this root. */
MUST_CHECK int inner_open(struct db *db, const uint8_t root[ROOT_SIZE], uint8_t out[INNER_SIZE]);
/* Seals the inner secret under the root and replaces the stored one. Only in a transaction.
 * STORE_FULL. */
MUST_CHECK int inner_put(struct db *db, const uint8_t root[ROOT_SIZE],
                         const uint8_t inner[INNER_SIZE]);
