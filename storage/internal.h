/* What the files of the store share. */
#pragma once

#include "storage/anchor.h"
#include "storage/audit.h"
#include "storage/db.h"
#include "storage/hierarchy.h"
#include "storage/lock.h"
#include "storage/open.h"
#include "storage/state.h"

struct store {
    struct db db;
    struct hierarchy keys;
    struct anchor anchor;
    struct folder_lock lock;
    struct state now;  /* as committed */
    struct state next; /* as the open transaction will leave it */
    bool ephemeral;
    bool anchor_beside_store;
    bool unusable; /* a sync has failed */
};

/* An empty store with nothing open. FAULT_MEMORY. */
MUST_CHECK int store_new(struct store **out);
/* Writes what the store has become into the anchor; synced: and waits for the medium. Nothing
 * without an anchor. */
MUST_CHECK int store_write_anchor(struct store *s, bool synced);
/* Where an object's row is sealed for, in that state of the store. */
struct seal_place store_place_of(const struct state *state, uint32_t type, uint32_t id,
                                 uint64_t version);
/* The state to read under: inside a transaction, the one being made. */
const struct state *store_state(const struct store *s);
/* Whether a change may be made now: usable, and in a transaction. FAULT_DISK, FAULT_BROKEN. */
MUST_CHECK int store_check_writable(const struct store *s);

/* Whether the record is one of those that the policy's limit counts (audit.h): a deed, or a refusal
 * to somebody who is logged in. Whoever is not can never use the quota up. */
bool audit_uses_quota(const struct audit_record *record);

/* Begins a new incarnation: all objects are sealed anew, and the log says why; durable. generation
 * is what the store must leave behind. STORE_FULL. */
MUST_CHECK int store_begin_incarnation(struct store *s, uint64_t generation);
