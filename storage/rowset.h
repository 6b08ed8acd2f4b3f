/* The authenticated set of rows. Each row has a tag, a keyed hash of everything in it; the set is
 * the sum of all tags modulo 2^256, so that adding and removing a row costs one tag each. Rows that
 * are missing, doubled, swapped or old change the sum.
 *
 * The sum itself never leaves memory: from the difference of two sums a tag could be read, and from
 * enough tags another set with the same sum be put together. What is stored is a keyed digest. */
#pragma once

#include "storage/db.h"
#include "storage/directory.h"
#include "storage/hierarchy.h"

/* The tables in the set; bound into each tag, never renumbered. The log is not in it: its tree has
 * a root. */
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
/* What is stored of the sum. */
void rowset_digest(const struct rowset *set, const struct hierarchy *keys, uint8_t out[MAC_SIZE]);
/* Computes the set of what the database holds, as the schema that it is of defines it, and the
 * directory of its objects, unless that is NULL; an empty one before. Nothing of it is to be
 * believed before the set was compared. FAULT_BROKEN: two objects of one name. */
MUST_CHECK int rowset_compute(struct db *db, const struct hierarchy *keys, struct rowset *out,
                              struct directory *out_directory);
