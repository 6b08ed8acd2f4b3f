/* The state of a store: the facts beside its objects, and the one row that authenticates
 * everything. */
#pragma once

#include "formats/merkle.h"
#include "storage/audit.h"
#include "storage/db.h"
#include "storage/rowset.h"
#include "storage/seal.h"

/* A row of identical records that are told as one (audit.h). */
struct joined {
    struct audit_record last; /* as it will be written, but for its count; action 0: no row */
    uint64_t first_ms;        /* of those that wait */
    uint32_t waiting;         /* not in the log yet; 0: the row's first is its last line */
};

/* Of a new store, and of one whose state is of format 1. */
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
    uint64_t continued_us; /* of the last record */
    uint32_t epoch;        /* of signing; 0: none has begun */
    uint64_t acknowledged; /* size of the log that somebody holds a checkpoint of */
    uint64_t pruned;       /* lines that are gone, the oldest */
    uint32_t used;         /* of the quota, since the acknowledgement */
    struct audit_policy policy;
    struct joined joined;
    /* Not stored: continued tick when this power-on began; wall clock and ticks of its last record,
     * 0 before the first. */
    uint64_t boot_us, seen_ms, seen_us;
    uint8_t mac[MAC_SIZE]; /* of the row, once stored */
};

/* Writes the row for this state and sets its log_root and mac. STORE_FULL. */
MUST_CHECK int state_store(struct state *state, struct db *db, const struct hierarchy *keys,
                           bool first);
/* Reads the row, checks its MAC, and checks against it what the database holds: the set of rows,
 * the first and the last line of the log and the frontier of its tree; and learns the directory,
 * which was empty. FAULT_BROKEN names what does not fit. */
MUST_CHECK int state_load(struct state *out, struct directory *out_directory, struct db *db,
                          const struct hierarchy *keys);
/* The tree of the log as it was after its first `size` records, from the stored nodes.
 * FAULT_BROKEN. */
MUST_CHECK int state_load_tree(struct db *db, uint64_t size, struct merkle *out);
