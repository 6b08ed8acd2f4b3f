/* Which objects there are, in memory: learned from the rows while the set of rows was computed
 * (rowset.h), and changed since by nobody but us. Whether an object exists, what it is called, how
 * large it is and which came first is asked here and never in the file, so that nothing that was
 * not authenticated is believed, whatever became of the file's pages and indexes meanwhile.
 *
 * Changes belong to the open transaction until directory_keep() or directory_undo(). */
#pragma once

#include "base/bytes.h"

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

/* NULL: there is none. Borrowed until the next change. */
const struct entry *directory_find(const struct directory *d, uint32_t type, uint32_t id);
/* The entries of a type, in order of id. */
const struct entry *directory_of_type(const struct directory *d, uint32_t type, size_t *out_count);

/* Adds one that was read from the file. DIRECTORY_DOUBLED, FAULT_MEMORY. */
enum { DIRECTORY_DOUBLED = 140 /* there is an object of this type and id already */ };
MUST_CHECK int directory_learn(struct directory *d, const struct entry *entry);

/* Makes sure that one more change can be remembered: those that follow then do not fail.
 * FAULT_MEMORY. */
MUST_CHECK int directory_reserve(struct directory *d);
/* Adds or replaces; after directory_reserve(). */
void directory_put(struct directory *d, const struct entry *entry);
/* Removes one that is there; after directory_reserve(). */
void directory_remove(struct directory *d, uint32_t type, uint32_t id);
/* The transaction was committed, or did not take place. Harmless outside of one. */
void directory_keep(struct directory *d);
void directory_undo(struct directory *d);

/* Copies what is committed into an empty one. FAULT_MEMORY. */
MUST_CHECK int directory_copy(const struct directory *from, struct directory *to);
/* Harmless on an empty one. */
void directory_deinit(struct directory *d);
