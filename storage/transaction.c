/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions. The state that a transaction makes is in store->next, and becomes store->now when
 * the database has committed. */
#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

int store_check_usable(const struct store *s)
{
    if (s->unusable || s->db.sync_failed)
        return failure(FAULT_DISK, "the store is unusable since a write or sync failed");
    return 0;
}

int store_check_writable(const struct store *s)
{
    int r = store_check_usable(s);
    if (!r && !store_in_transaction(s))
        r = failure(FAULT_LIBRARY, "a change outside a transaction");
    return r;
}

bool store_in_transaction(const struct store *s)
{
    return db_in_transaction(&s->db);
}

static int run(struct store *s, enum statement statement)
{
    struct query q = db_query(&s->db, statement);
    return query_run(&q);
}

int store_begin(struct store *s)
{
    int r = store_check_usable(s);
    if (!r && s->look_only)
        r = failure(FAULT_BROKEN, "a change of a store that was opened to be looked at");
    if (!r && store_in_transaction(s))
        r = failure(FAULT_LIBRARY, "a transaction inside another");
    if (r)
        return r;
    s->next = s->now;
    s->next.generation++;
    s->db.touched = 0;
    s->use = RESERVE_UNTOUCHED;
    s->forgets = false;
    directory_undo(&s->directory);
    return run(s, SQL_BEGIN);
}

int store_enter(struct store *s)
{
    return store_in_transaction(s) ? 0 : store_begin(s);
}

void store_use_reserve(struct store *s, bool to_its_end)
{
    s->use = to_its_end ? RESERVE_END : RESERVE_BEGIN;
}

void store_rollback(struct store *s)
{
    /* Some failures make SQLite roll back by itself. If a rollback fails, the state of the store is
     * unknown and it becomes unusable. */
    directory_undo(&s->directory);
    if (store_in_transaction(s) && run(s, SQL_ROLLBACK) != 0)
        s->unusable = true;
}

int store_write_anchor(struct store *s, bool synced)
{
    if (s->anchor.file < 0)
        return 0;
    struct anchor_mark mark = { .generation = s->now.generation, .log_size = s->now.log.size };
    bool whole = span_copy(SPAN_OF(s->now.incarnation), mark.incarnation, INCARNATION_SIZE) &&
                 span_copy(SPAN_OF(s->now.log_root), mark.log_root, SHA256_SIZE) &&
                 span_copy(SPAN_OF(s->now.mac), mark.state, MAC_SIZE);
    int r = whole ? anchor_write(&s->anchor, &s->keys, &mark) : FAULT_BROKEN;
    if (!r && synced)
        r = anchor_sync(&s->anchor);
    return r;
}

/* A commit that fails because of space has changed nothing. After any other failure it is unknown
 * until the next start whether the commit is on the medium. */
static int commit(struct store *s)
{
    int r = run(s, SQL_COMMIT);
    if (r < 0 && r != FAULT_MEMORY)
        s->unusable = true;
    return r;
}

int store_commit(struct store *s, bool synced_anchor)
{
    int r = store_check_writable(s);
    if (!r)
        r = state_store(&s->next, &s->db, &s->keys, false);
    if (!r)
        r = db_hold_space(&s->db, s->use);
    if (!r)
        r = commit(s);
    if (r) {
        store_rollback(s);
        return r;
    }
    s->now = s->next;
    directory_keep(&s->directory);
    r = store_write_anchor(s, synced_anchor);
    if (!r)
        r = s->forgets ? db_overwrite_old_pages(&s->db) : db_checkpoint_if_due(&s->db);
    if (r)
        s->unusable = true;
    return r;
}
