/* The state of a store: the facts beside its objects, and the one row that authenticates
 * everything. */
#pragma once

#include "formats/merkle.h"
#include "storage/db.h"
#include "storage/rowset.h"
#include "storage/seal.h"

struct state {
    uint8_t device[DEVICE_SIZE];
    uint8_t incarnation[INCARNATION_SIZE];
    uint64_t generation; /* commits since creation */
    struct rowset rows;
    struct merkle log;
    uint8_t log_root[SHA256_SIZE];
    uint8_t log_last[SHA256_SIZE]; /* hash of the last line; zero for an empty log */
    uint32_t boot;
    uint64_t continued_us; /* of the last record */
    uint64_t boot_us;      /* continued tick when this power-on began; not stored */
    uint8_t mac[MAC_SIZE]; /* of the row, once stored */
};

/* Writes the row for this state and sets its log_root and mac. STORE_FULL. */
MUST_CHECK int state_store(struct state *state, struct db *db, const struct hierarchy *keys,
                           bool first);
/* Reads the row, checks its MAC, and checks against it what the database holds: the set of rows,
 * the last line of the log and the frontier of its tree. FAULT_BROKEN names what does not fit. */
MUST_CHECK int state_load(struct state *out, struct db *db, const struct hierarchy *keys);
/* The tree of the log as it was after its first `size` records, from the stored nodes.
 * FAULT_BROKEN. */
MUST_CHECK int state_load_tree(struct db *db, uint64_t size, struct merkle *out);
