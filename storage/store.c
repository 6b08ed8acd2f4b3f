/* Objects and transactions. What a transaction changes besides rows stands in store->next, and
 * becomes store->now when the database has committed. */
#include "storage/store.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

static int check_usable(const struct store *s)
{
    if (s->unusable || s->db.sync_failed)
        return failure(FAULT_DISK, "the store is unusable since a write or sync failed");
    return 0;
}

int store_check_writable(const struct store *s)
{
    int r = check_usable(s);
    if (!r && !store_in_transaction(s))
        r = failure(FAULT_LIBRARY, "a change outside a transaction");
    return r;
}

/* --- Transactions --- */

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
    int r = check_usable(s);
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
    /* Some failures make SQLite roll back by itself. If it cannot, nothing more can be trusted. */
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

/* A commit that fails for want of space has changed nothing. One that fails otherwise may or may
 * not be on the medium: nobody can tell before the next start. */
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
    r = store_write_anchor(s, synced_anchor);
    if (!r)
        r = db_checkpoint_if_due(&s->db);
    if (r)
        s->unusable = true;
    return r;
}

/* --- Objects --- */

struct seal_place store_place_of(const struct state *state, uint32_t type, uint32_t id,
                                 uint64_t version)
{
    struct seal_place place = { .type = type, .id = id, .version = version };
    for (size_t i = 0; i < DEVICE_SIZE; i++)
        place.device[i] = state->device[i];
    for (size_t i = 0; i < INCARNATION_SIZE; i++)
        place.incarnation[i] = state->incarnation[i];
    return place;
}

const struct state *store_state(const struct store *s)
{
    return store_in_transaction(s) ? &s->next : &s->now;
}

/* Puts the query on the object's row. STORE_ABSENT. */
static int find(struct store *s, enum statement statement, enum object_type type, uint32_t id,
                struct query *q)
{
    int r = check_usable(s);
    if (r)
        return r;
    *q = db_query(&s->db, statement);
    query_bind_number(q, type);
    query_bind_number(q, id);
    r = query_step(q);
    if (r == QUERY_ROW)
        return 0;
    return r ? r : STORE_ABSENT;
}

int store_get(struct store *s, enum object_type type, uint32_t id, struct writer *out)
{
    SCOPED(query_end) struct query q = { 0 };
    int r = find(s, SQL_OBJECT_GET, type, id, &q);
    if (r)
        return r;

    struct span sealed = query_bytes(&q, 2);
    if (out->full || sealed.size > out->capacity - out->size + SEAL_OVERHEAD)
        return STORE_TOO_SMALL;
    struct seal_place place = store_place_of(store_state(s), type, id, query_number(&q, 1));
    if (seal_open(hierarchy_key(&s->keys, SUBKEY_SEAL), &place, sealed, out) != 0)
        return failure(FAULT_BROKEN, "object %d/%u was not sealed for its place", type, id);
    return 0;
}

int store_has(struct store *s, enum object_type type, uint32_t id)
{
    SCOPED(query_end) struct query q = { 0 };
    return find(s, SQL_OBJECT_HAS, type, id, &q);
}

int store_size(struct store *s, enum object_type type, uint32_t id, size_t *out_size)
{
    SCOPED(query_end) struct query q = { 0 };
    int r = find(s, SQL_OBJECT_HAS, type, id, &q);
    if (r)
        return r;
    uint64_t sealed = query_number(&q, 0);
    if (sealed < SEAL_OVERHEAD)
        return failure(FAULT_BROKEN, "object %d/%u is too short to be sealed", type, id);
    *out_size = (size_t)sealed - SEAL_OVERHEAD;
    return 0;
}

int store_list(struct store *s, enum object_type type, uint32_t *out_ids, size_t max,
               size_t *out_count)
{
    int r = check_usable(s);
    if (r)
        return r;
    SCOPED(query_end) struct query q = db_query(&s->db, SQL_OBJECT_LIST);
    query_bind_number(&q, type);
    size_t count = 0;
    while ((r = query_step(&q)) == QUERY_ROW) {
        if (count < max)
            out_ids[count] = (uint32_t)query_number(&q, 0);
        count++;
    }
    if (!r)
        *out_count = count;
    return r;
}

int store_measure(struct store *s, enum object_type type, size_t *out_count, uint64_t *out_bytes)
{
    int r = check_usable(s);
    if (r)
        return r;
    SCOPED(query_end) struct query q = db_query(&s->db, SQL_OBJECT_SUM);
    query_bind_number(&q, type);
    r = query_step(&q);
    if (r != QUERY_ROW)
        return r ? r : failure(FAULT_BROKEN, "objects of type %d cannot be counted", type);
    uint64_t count = query_number(&q, 0), sealed = query_number(&q, 1);
    if (sealed < count * SEAL_OVERHEAD)
        return failure(FAULT_BROKEN, "an object of type %d is too short to be sealed", type);
    *out_count = (size_t)count;
    *out_bytes = sealed - count * SEAL_OVERHEAD;
    return 0;
}

/* --- Changing objects --- */

static struct row row_of(struct query *q, enum object_type type, uint32_t id)
{
    return (struct row){ .table = ROWS_OBJECT,
                         .serial = query_number(q, 0),
                         .type = type,
                         .id = id,
                         .version = query_number(q, 1),
                         .bytes = query_bytes(q, 2) };
}

/* Takes the object's row out of the set, and says where it is. STORE_ABSENT. */
static int take_from_set(struct store *s, enum object_type type, uint32_t id, uint64_t *out_serial)
{
    SCOPED(query_end) struct query q = { 0 };
    int r = find(s, SQL_OBJECT_GET, type, id, &q);
    if (r)
        return r;
    struct row row = row_of(&q, type, id);
    rowset_remove(&s->next.rows, &s->keys, &row);
    *out_serial = row.serial;
    return 0;
}

static int insert_row(struct store *s, struct row *row)
{
    struct query q = db_query(&s->db, SQL_OBJECT_INSERT);
    query_bind_number(&q, row->type);
    query_bind_number(&q, row->id);
    query_bind_number(&q, row->version);
    query_bind_bytes(&q, row->bytes);
    int r = query_run(&q);
    row->serial = db_inserted(&s->db);
    return r;
}

static int update_row(struct store *s, const struct row *row)
{
    struct query q = db_query(&s->db, SQL_OBJECT_UPDATE);
    query_bind_number(&q, row->version);
    query_bind_bytes(&q, row->bytes);
    query_bind_number(&q, row->serial);
    return query_run(&q);
}

static int put_row(struct store *s, struct row *row)
{
    int r = take_from_set(s, row->type, row->id, &row->serial);
    if (r == STORE_ABSENT)
        r = insert_row(s, row);
    else if (!r)
        r = update_row(s, row);
    if (!r)
        rowset_add(&s->next.rows, &s->keys, row);
    return r;
}

static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

/* The row's version is the generation that is being made: no two rows of a place that were ever
 * durable have the same, even when one was deleted in between. */
static int seal_and_put(struct store *s, enum object_type type, uint32_t id, struct span bytes)
{
    size_t size = bytes.size + SEAL_OVERHEAD;
    SCOPED(free_bytes) uint8_t *buffer = malloc(size);
    if (!buffer)
        return failure(FAULT_MEMORY, "no memory for an object of %zu bytes", bytes.size);

    struct writer sealed = writer_of(buffer, size);
    struct row row = {
        .table = ROWS_OBJECT, .type = type, .id = id, .version = s->next.generation
    };
    struct seal_place place = store_place_of(&s->next, type, id, row.version);
    seal_close(hierarchy_key(&s->keys, SUBKEY_SEAL), &place, bytes, &sealed);
    row.bytes = written(&sealed);
    return put_row(s, &row);
}

static int delete_row(struct store *s, enum object_type type, uint32_t id)
{
    uint64_t serial;
    int r = take_from_set(s, type, id, &serial);
    if (r)
        return r;
    struct query q = db_query(&s->db, SQL_OBJECT_DELETE);
    query_bind_number(&q, serial);
    return query_run(&q);
}

/* After a failed change, rows and set may no longer agree: the transaction is over. */
static int ended(struct store *s, int r)
{
    if (r && r != STORE_ABSENT)
        store_rollback(s);
    return r;
}

int store_put(struct store *s, enum object_type type, uint32_t id, struct span bytes)
{
    int r = store_check_writable(s);
    return r ? r : ended(s, seal_and_put(s, type, id, bytes));
}

int store_put_written(struct store *s, enum object_type type, uint32_t id,
                      const struct writer *content)
{
    if (content->full)
        return failure(FAULT_LIBRARY, "object %02X %04X exceeds its buffer", type, id);
    return store_put(s, type, id, written(content));
}

int store_delete(struct store *s, enum object_type type, uint32_t id)
{
    int r = store_check_writable(s);
    return r ? r : ended(s, delete_row(s, type, id));
}

int store_delete_all(struct store *s, enum object_type type)
{
    uint32_t ids[64];
    size_t count = 0;
    int r = store_check_writable(s);
    if (!r)
        r = store_list(s, type, ids, COUNT_OF(ids), &count);
    while (!r && count) {
        for (size_t i = 0; !r && i < count && i < COUNT_OF(ids); i++)
            r = store_delete(s, type, ids[i]);
        if (!r)
            r = store_list(s, type, ids, COUNT_OF(ids), &count);
    }
    return r;
}

/* --- PINs (those that guard more than a counter: pins.c) --- */

int store_pin_verifier(struct store *s, uint8_t reference, const uint8_t salt[PIN_SALT_SIZE],
                       struct span pin, uint8_t out[PIN_VERIFIER_SIZE])
{
    _Static_assert(PIN_VERIFIER_SIZE == MAC_SIZE, "a verifier is a MAC");
    int r = check_usable(s);
    if (r)
        return r;
    const struct span parts[] = { span_of(salt, PIN_SALT_SIZE), span_of(&reference, 1), pin };
    hierarchy_mac(&s->keys, SUBKEY_PEPPER, parts, COUNT_OF(parts), out);
    return 0;
}
