/* The anchor: a file that remembers how far the store has come, so that an older copy of the store
 * is found. It has two slots, written in turn; a torn write costs the newer one only.
 *
 * Written after every commit, and after the database's own sync, so that it never runs ahead of the
 * store. Synced only when asked. In the store's folder it finds a replaced token.db; to find a
 * replaced folder it has to lie elsewhere. */
#pragma once

#include "crypto/digest.h"
#include "storage/hierarchy.h"
#include "storage/seal.h"

struct anchor_mark {
    uint8_t incarnation[INCARNATION_SIZE];
    uint64_t generation;
    uint64_t log_size;
    uint8_t log_root[SHA256_SIZE];
    uint8_t state[MAC_SIZE]; /* MAC of the state row, which covers the set of rows */
};

struct anchor {
    int file; /* -1: none */
};
#define ANCHOR_NONE ((struct anchor){ .file = -1 })

enum {
    ANCHOR_ABSENT = 1, /* no such file */
    ANCHOR_DENIED,     /* it cannot be opened for that use */
    ANCHOR_INVALID,    /* no slot of it was written under these keys */
};

enum anchor_use {
    ANCHOR_LOOK, /* only to be read */
    ANCHOR_FIND,
    ANCHOR_MAKE, /* makes it (mode 0600) if it is not there */
};
/* ANCHOR_ABSENT, ANCHOR_DENIED. */
MUST_CHECK int anchor_open(struct anchor *a, const char *path, enum anchor_use use);
void anchor_close(struct anchor *a);

/* The valid slot of the highest generation. ANCHOR_INVALID. FAULT_DISK. */
MUST_CHECK int anchor_read(const struct anchor *a, const struct hierarchy *keys,
                           struct anchor_mark *out);
/* Writes the slot whose turn it is. FAULT_DISK. */
MUST_CHECK int anchor_write(const struct anchor *a, const struct hierarchy *keys,
                            const struct anchor_mark *mark);
/* FAULT_DISK; a failed sync must not be tried again. */
MUST_CHECK int anchor_sync(const struct anchor *a);
