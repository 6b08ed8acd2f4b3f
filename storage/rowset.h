/* SPDX-License-Identifier: Apache-2.0 */
/* The authenticated set of rows: detects rows that are missing, doubled, swapped or replaced by
 * older ones. Each row has a tag, a keyed hash of all its columns. The set is the sum of all tags
 * modulo 2^256, so that adding or removing a row costs the computation of one tag.
 *
 * The sum itself never leaves memory: the difference of two sums would reveal a tag, and with
 * enough tags another set with the same sum could be constructed. A keyed digest of it is
 * stored. */
#pragma once

#include "storage/db.h"
#include "storage/directory.h"
#include "storage/hierarchy.h"

/* The tables whose rows are in the set. The numbers are bound into each tag, so they are never
 * changed. The log is not in the set: it has a tree with a root of its own. */
enum row_table { ROWS_OBJECT = 1, ROWS_UNLOCK = 2, ROWS_SCHEMA = 3 };

struct row {
    enum row_table table;
    uint64_t serial;
    uint32_t type, id;
    uint64_t version;
    struct span bytes;
};

struct rowset {
    uint8_t sum[MAC_SIZE]; /* little endian */
    uint64_t count;        /* of all rows */
    uint64_t objects;      /* of those, rows of ROWS_OBJECT */
};

void rowset_add(struct rowset *set, const struct hierarchy *keys, const struct row *row);
void rowset_remove(struct rowset *set, const struct hierarchy *keys, const struct row *row);
/* The keyed digest of the sum, which is stored. */
void rowset_digest(const struct rowset *set, const struct hierarchy *keys, uint8_t out[MAC_SIZE]);
/* Computes the set from all rows of the database, with the columns of its schema version, and fills
 * the directory of objects, which must be empty (NULL: none wanted). Neither may be trusted before
 * the set's digest was compared. FAULT_BROKEN: two objects have the same type and id. */
MUST_CHECK int rowset_compute(struct db *db, const struct hierarchy *keys, struct rowset *out,
                              struct directory *out_directory);
