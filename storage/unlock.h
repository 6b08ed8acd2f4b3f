/* From an unlock source to the secrets of a store, in three steps, so that sources come and go, and
 * the root secret can be renewed, without touching an object:
 *
 *   source         gives a key; any of them opens the store, each has a row
 *   root secret    sealed in that row under the source's key
 *   inner secret   sealed under the root, in the row of kind 0; all other keys derive from it
 *
 * Key file: 32 random bytes as 64 hex digits and a newline, mode 0600; a key that is handed over by
 * somebody (UNLOCK_HANDED_KEY) is the same without the mode, and fits the same rows. Passphrase:
 * Argon2id with the salt and costs that stand in the row.
 *
 * In schema 1 there was one source, and the root secret was what the inner secret is now. */
#pragma once

#include "storage/db.h"
#include "storage/hierarchy.h"
#include "storage/open.h"
#include "storage/seal.h"

enum {
    UNLOCK_ABSENT = 50, /* no key file there */
    UNLOCK_UNREADABLE,  /* the key file cannot be opened */
    UNLOCK_EXPOSED,     /* others may read the key file */
    UNLOCK_MALFORMED,   /* the key file does not hold 64 hex digits */
    UNLOCK_NO_SOURCE,   /* the store cannot be unlocked in this way */
    UNLOCK_WRONG_KEY,   /* the key in the file does not open the store */
    UNLOCK_WRONG_PASSPHRASE,
};

struct unlock_source {
    enum unlock_kind kind;
    const char *key_file;   /* UNLOCK_KEY_FILE, UNLOCK_HANDED_KEY */
    struct span passphrase; /* UNLOCK_PASSPHRASE */
};

/* Makes a key file with fresh random bytes, synced. A file that is there is never replaced:
 * FAULT_DISK. */
MUST_CHECK int unlock_make_key_file(const char *path);
/* Adds a row that seals root for the source. Only in a transaction. STORE_FULL, and what is said
 * above of the key file. */
MUST_CHECK int unlock_add(struct db *db, const struct unlock_source *source, const char *name,
                          const uint8_t root[ROOT_SIZE]);

/* What a source gave, and what it takes to seal another root secret for it. */
struct unlocked {
    uint8_t root[ROOT_SIZE];
    uint8_t key[SEAL_KEY_SIZE];
    enum unlock_kind kind; /* as stored */
    uint64_t row;
};
void unlocked_wipe(struct unlocked *u);
/* Gives the root secret. All positive results above. FAULT_BROKEN. */
MUST_CHECK int unlock_root(struct db *db, const struct unlock_source *source, struct unlocked *out);
/* Seals u->root anew in the row of its source. Only in a transaction. STORE_FULL. */
MUST_CHECK int unlock_reseal(struct db *db, const struct unlocked *u);

/* The inner secret. FAULT_BROKEN: there is none under this root. */
MUST_CHECK int inner_open(struct db *db, const uint8_t root[ROOT_SIZE], uint8_t out[INNER_SIZE]);
/* Replaces it. Only in a transaction. STORE_FULL. */
MUST_CHECK int inner_put(struct db *db, const uint8_t root[ROOT_SIZE],
                         const uint8_t inner[INNER_SIZE]);
