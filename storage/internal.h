/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations private to storage/: the store itself, and functions that its files share. */
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
    struct state now;           /* as of the last commit */
    struct state next;          /* as the open transaction will leave it */
    struct directory directory; /* includes the changes of the open transaction */
    enum reserve_use use;       /* what the open transaction may use of the reserve */
    bool forgets;               /* the open transaction deletes or replaces a secret */
    bool ephemeral;
    bool anchor_beside_store;
    bool unusable;          /* a sync has failed */
    bool look_only;         /* no change is possible */
    struct secret unlocked; /* a struct unlocked, if the store was opened with keep_unlocked; else
                               empty */
};

/* An empty store with nothing open. FAULT_MEMORY. */
MUST_CHECK int store_new(struct store **out);
/* Writes the committed state into the anchor. synced: waits until the medium has it. Does nothing
 * in a store without an anchor. */
MUST_CHECK int store_write_anchor(struct store *s, bool synced);
/* The place that an object of this version is sealed for, in this state of the store. */
struct seal_place store_place_of(const struct state *state, uint32_t type, uint32_t id,
                                 uint64_t version);
/* The state that reads refer to: that of the open transaction, or else as committed. */
const struct state *store_state(const struct store *s);
/* store_get() of an object that was sealed in another state of the store (incarnation.c). */
MUST_CHECK int store_get_under(struct store *s, const struct state *state, enum object_type type,
                               uint32_t id, struct writer *out);
/* Checks that no write or sync of the store has failed. Any other result than 0 is a fault. */
MUST_CHECK int store_check_usable(const struct store *s);
/* Checks that a change may be made now: the store is usable, was not opened to look only, and is in
 * a transaction. Any other result than 0 is a fault. */
MUST_CHECK int store_check_writable(const struct store *s);

/* Fills in time, random bytes and success of a record that no command caused. Its ticks stay zero,
 * since the card is not powered on. */
struct audit_record store_event(const struct audit_record *facts);
/* Appends such a record. Only in a transaction. STORE_FULL. */
MUST_CHECK int store_record(struct store *s, const struct audit_record *facts);
/* Begins a signing epoch and appends its EPOCH_BEGUN record. Only in a transaction. STORE_FULL. */
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

/* Begins a new incarnation: seals all objects anew and appends a record of action `why`; durable on
 * return. The store's generation becomes greater than `generation`. STORE_FULL. */
MUST_CHECK int store_begin_incarnation(struct store *s, uint64_t generation, enum audit_action why);
/* Upgrades a store of an older format to the current one and appends a record of it, in the open
 * transaction. u is updated to what unlocking will give from then on. STORE_FULL. */
MUST_CHECK int store_upgrade(struct store *s, uint32_t from, struct unlocked *u);

/* Whether a record counts against the policy's limit (audit.h): a successful audited command, or a
 * refusal to somebody who is logged in. So nobody can use the quota up without a login. */
bool audit_uses_quota(const struct audit_record *record);
/* Whether the log (of the open transaction, or else as committed) extends one whose first `size`
 * records had this root. FAULT_BROKEN: nodes of the tree are missing. */
MUST_CHECK int audit_grew_from(struct store *s, uint64_t size, const uint8_t root[SHA256_SIZE],
                               bool *out);
/* Gives lines as audit_read() does, but does not check that they are unaltered. */
MUST_CHECK int audit_read_unproven(struct store *s, uint64_t from, audit_line *line, void *context);
