/* Where the root secret comes from. Each unlock source gives a key, and the store holds the root
 * secret sealed under that key, one row for each source: any of them opens the store.
 *
 * Key file: 32 random bytes as 64 hex digits and a newline, mode 0600. Passphrase: Argon2id with
 * the salt and costs that stand in the row. */
#pragma once

#include "storage/db.h"
#include "storage/hierarchy.h"
#include "storage/open.h"

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
    const char *key_file;   /* UNLOCK_KEY_FILE */
    struct span passphrase; /* UNLOCK_PASSPHRASE */
};

/* Makes a key file with fresh random bytes, synced. A file that is there is never replaced:
 * FAULT_DISK. */
MUST_CHECK int unlock_make_key_file(const char *path);
/* Adds a row that seals root for the source. Only in a transaction. STORE_FULL, and what is said
 * above of the key file. */
MUST_CHECK int unlock_add(struct db *db, const struct unlock_source *source,
                          const uint8_t root[ROOT_SIZE]);
/* Gives the root secret. All positive results above. FAULT_BROKEN. */
MUST_CHECK int unlock_root(struct db *db, const struct unlock_source *source,
                           uint8_t out[ROOT_SIZE]);
