/* SPDX-License-Identifier: Apache-2.0 */
/* The state row of a store: its generation, the digest of the set of rows, the log's root and
 * policy, and the MAC that authenticates all of it. */
#pragma once

#include "formats/merkle.h"
#include "storage/audit.h"
#include "storage/db.h"
#include "storage/rowset.h"
#include "storage/seal.h"

/* Consecutive records that are combined (audit.h). */
struct joined {
    struct audit_record last; /* the latest, as it will be written except for its count; action 0:
                                 none */
    uint64_t first_ms;        /* time of the first one that is not in the log yet */
    uint32_t waiting;         /* how many are not in the log yet; 0: only the first has occurred,
                                 and it is the last line */
};

/* The policy of a new store, and of one whose state row has format 1. */
extern const struct audit_policy state_default_policy;

struct state {
    uint8_t device[DEVICE_SIZE];
    uint8_t incarnation[INCARNATION_SIZE];
    uint64_t generation; /* commits since creation */
    struct rowset rows;
    struct merkle log;
    uint8_t log_root[SHA256_SIZE];
    uint8_t log_last[SHA256_SIZE]; /* hash of the last line; zero for an empty log */
    uint32_t boot;
    uint64_t continued_us; /* continued tick of the last record */
    uint32_t epoch;        /* signing epoch; 0: none has begun */
    uint64_t acknowledged; /* how many records the last acknowledged checkpoint covers */
    uint64_t pruned;       /* how many lines were deleted, the oldest ones */
    uint32_t used;         /* records that count against the limit since the acknowledgement */
    struct audit_policy policy;
    struct joined joined;
    /* Not stored: the continued tick at which this power-on began; wall clock and ticks of its last
     * record, 0 before the first. */
    uint64_t boot_us, seen_ms, seen_us;
    uint8_t mac[MAC_SIZE]; /* MAC of the state row, once stored */
};

/* Writes the state row and sets state->log_root and state->mac. first: inserts the row instead of
 * updating it. STORE_FULL. */
MUST_CHECK int state_store(struct state *state, struct db *db, const struct hierarchy *keys,
                           bool first);
/* Reads the state row, checks its MAC, and compares with it what the database holds: the set of
 * rows, the first and the last line of the log, and the peaks of its tree. Fills the directory of
 * objects, which must be empty. FAULT_BROKEN: the cause says what does not match. */
MUST_CHECK int state_load(struct state *out, struct directory *out_directory, struct db *db,
                          const struct hierarchy *keys);
/* Loads the tree of the log's first `size` records from the stored nodes. FAULT_BROKEN: a node is
 * missing. */
MUST_CHECK int state_load_tree(struct db *db, uint64_t size, struct merkle *out);
