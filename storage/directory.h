/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of objects, in memory: which exist, and their serial, version and size. It is
 * filled from the rows while the authenticated set is computed (rowset.h) and changed afterwards by
 * this process only. The card's questions are answered from here and never from the file, so that
 * rows which were not authenticated are never believed, whatever happens to the file's pages and
 * indexes later.
 *
 * Changes belong to the open transaction until directory_keep() or directory_undo(). */
#pragma once

#include "base/bytes.h"
#include "base/results.h"

struct entry {
    uint32_t type, id;
    uint64_t serial, version; /* of the row */
    uint64_t size;            /* of the sealed bytes */
};

struct directory {
    struct entry *at; /* in order of type and id */
    size_t count, room;
    struct change *changes;
    size_t change_count, change_room;
};

/* The entry of an object; NULL: there is none. Borrowed until the next change. */
const struct entry *directory_find(const struct directory *d, uint32_t type, uint32_t id);
/* The entries of a type, in order of id. */
const struct entry *directory_of_type(const struct directory *d, uint32_t type, size_t *out_count);

/* Adds an entry that was read from the file. DIRECTORY_DOUBLED, FAULT_MEMORY. */
enum { DIRECTORY_DOUBLED = RESULTS_DIRECTORY /* there is an object of this type and id already */ };
MUST_CHECK int directory_learn(struct directory *d, const struct entry *entry);

/* Allocates memory for one more change, so that the next directory_put() or directory_remove()
 * cannot fail. FAULT_MEMORY. */
MUST_CHECK int directory_reserve(struct directory *d);
/* Adds or replaces an entry; call directory_reserve() before. */
void directory_put(struct directory *d, const struct entry *entry);
/* Removes an existing entry; call directory_reserve() before. */
void directory_remove(struct directory *d, uint32_t type, uint32_t id);
/* Keeps the changes of a committed transaction, or undoes those of one that was rolled back.
 * Harmless outside of one. */
void directory_keep(struct directory *d);
void directory_undo(struct directory *d);

/* Copies the committed entries into an empty directory. FAULT_MEMORY. */
MUST_CHECK int directory_copy(const struct directory *from, struct directory *to);
/* Frees the memory; harmless on an empty directory. */
void directory_deinit(struct directory *d);
