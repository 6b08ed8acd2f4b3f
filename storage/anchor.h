/* SPDX-License-Identifier: Apache-2.0 */
/* The anchor: a file that records how far the store has come, so that a store replaced by an older
 * copy of itself is detected. It has two slots, written in turn, so that a torn write damages the
 * newer one only.
 *
 * Written after every commit and after the database's own sync, so that it is never ahead of the
 * store. Synced only on request. An anchor in the store's folder detects a replaced token.db; to
 * detect a replaced folder it has to lie elsewhere. */
#pragma once

#include "base/results.h"
#include "crypto/hash.h"
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
    ANCHOR_ABSENT = RESULTS_ANCHOR, /* no such file */
    ANCHOR_DENIED,                  /* permissions forbid to open it for this use */
    ANCHOR_INVALID,                 /* no slot has a valid MAC under these keys */
};

enum anchor_use {
    ANCHOR_LOOK, /* read only */
    ANCHOR_FIND, /* read and write; the file must exist */
    ANCHOR_MAKE, /* read and write; makes the file (mode 0600) if it is missing */
};
/* ANCHOR_ABSENT, ANCHOR_DENIED. */
MUST_CHECK int anchor_open(struct anchor *a, const char *path, enum anchor_use use);
void anchor_close(struct anchor *a);

/* Reads the valid slot with the highest generation. ANCHOR_INVALID. FAULT_DISK. */
MUST_CHECK int anchor_read(const struct anchor *a, const struct hierarchy *keys,
                           struct anchor_mark *out);
/* Writes the mark into the slot of its generation; consecutive generations use the two slots in
 * turn. FAULT_DISK. */
MUST_CHECK int anchor_write(const struct anchor *a, const struct hierarchy *keys,
                            const struct anchor_mark *mark);
/* Syncs the file. FAULT_DISK; after a failed sync a second one may claim success for lost data, so
 * do not try again. */
MUST_CHECK int anchor_sync(const struct anchor *a);
