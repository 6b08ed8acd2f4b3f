/* What the files of the store share. */
#pragma once

#include "storage/anchor.h"
#include "storage/audit.h"
#include "storage/db.h"
#include "storage/hierarchy.h"
#include "storage/lock.h"
#include "storage/open.h"
#include "storage/state.h"
#include "storage/unlock.h"

struct store {
    struct db db;
    struct hierarchy keys;
    struct anchor anchor;
    struct folder_lock lock;
    struct state now;           /* as committed */
    struct state next;          /* as the open transaction will leave it */
    struct directory directory; /* with the changes of the open transaction */
    enum reserve_use use;       /* of the open transaction */
    bool forgets;               /* the open transaction deletes or replaces a secret */
    bool ephemeral;
    bool anchor_beside_store;
    bool unusable;          /* a sync has failed */
    bool look_only;         /* no change is possible */
    struct secret unlocked; /* struct unlocked, for who changes unlock sources; else empty */
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
/* store_get() of an object that was sealed in that state of the store. */
MUST_CHECK int store_get_under(struct store *s, const struct state *state, enum object_type type,
                               uint32_t id, struct writer *out);
/* Whether a change may be made now: usable, and in a transaction. FAULT_DISK, FAULT_BROKEN. */
MUST_CHECK int store_check_writable(const struct store *s);

/* A record that no command caused: time, chance and success are filled in. The store is not powered
 * on, so the ticks since power-on are zero. */
struct audit_record store_event(const struct audit_record *facts);
/* Appends it. Only in a transaction. STORE_FULL. */
MUST_CHECK int store_record(struct store *s, const struct audit_record *facts);
/* Begins a signing epoch with a record of its own. Only in a transaction. STORE_FULL. */
MUST_CHECK int store_begin_epoch(struct store *s);

/* Calls visit with each object of the store, unsealed, in order of type and id, until it returns
 * anything but 0. FAULT_BROKEN: one does not open. */
struct plain_object {
    enum object_type type;
    uint32_t id;
    struct span bytes;
};
typedef int object_visitor(struct store *s, const struct plain_object *object);
MUST_CHECK int store_each(struct store *s, object_visitor *visit);

/* Begins a new incarnation: all objects are sealed anew, and the log says why with a record of this
 * action; durable. generation is what the store must leave behind. STORE_FULL. */
MUST_CHECK int store_begin_incarnation(struct store *s, uint64_t generation, enum audit_action why);
/* In the open transaction: what an older version wrote becomes a store of this one, and the log
 * says so; u becomes what unlocking gives afterwards. STORE_FULL. */
MUST_CHECK int store_upgrade(struct store *s, uint32_t from, struct unlocked *u);

/* Whether the record is one of those that the policy's limit counts (audit.h): a deed, or a refusal
 * to somebody who is logged in. Whoever is not can never use the quota up. */
bool audit_uses_quota(const struct audit_record *record);
/* Whether the log, in the open transaction or as committed, goes on from one whose first `size`
 * records had this root. FAULT_BROKEN: nodes of the tree are missing. */
MUST_CHECK int audit_grew_from(struct store *s, uint64_t size, const uint8_t root[SHA256_SIZE],
                               bool *out);
/* audit_read() without looking whether lines are what was written. */
MUST_CHECK int audit_read_unproven(struct store *s, uint64_t from, audit_line *line, void *context);
