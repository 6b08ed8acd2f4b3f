/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of a store: reads, changes and lists them. */
#include <stdlib.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

/* --- Reading --- */

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

/* Finds the directory entry of an object. STORE_ABSENT. */
static int find(struct store *s, enum object_type type, uint32_t id, const struct entry **out)
{
    int r = store_check_usable(s);
    if (r)
        return r;
    *out = directory_find(&s->directory, type, id);
    return *out ? 0 : STORE_ABSENT;
}

/* Puts the query on the row of an entry. FAULT_BROKEN: the row differs from the entry. */
static int find_row(struct store *s, const struct entry *entry, struct query *q)
{
    *q = db_query(&s->db, SQL_OBJECT_GET);
    query_bind_number(q, entry->serial);
    int r = query_step(q);
    if (r && r != QUERY_ROW)
        return r;
    bool same = r && query_word(q, 0) == entry->type && query_word(q, 1) == entry->id &&
                query_number(q, 2) == entry->version && query_bytes(q, 3).size == entry->size;
    return same ? 0
                : failure(FAULT_BROKEN, "the row of object %u/%u was altered", entry->type,
                          entry->id);
}

/* Both: an object of the store, and its row. STORE_ABSENT. */
static int find_object(struct store *s, enum object_type type, uint32_t id,
                       const struct entry **out, struct query *q)
{
    int r = find(s, type, id, out);
    return r ? r : find_row(s, *out, q);
}

int store_get_under(struct store *s, const struct state *state, enum object_type type, uint32_t id,
                    struct writer *out)
{
    SCOPED(query_end) struct query q = { 0 };
    const struct entry *entry;
    int r = find_object(s, type, id, &entry, &q);
    if (r)
        return r;

    struct span sealed = query_bytes(&q, 3);
    if (out->full || sealed.size > out->capacity - out->size + SEAL_OVERHEAD)
        return STORE_TOO_SMALL;
    struct seal_place place = store_place_of(state, type, id, entry->version);
    if (seal_open(hierarchy_key(&s->keys, SUBKEY_SEAL), &place, sealed, out) != 0)
        return failure(FAULT_BROKEN, "object %d/%u was not sealed for its place", type, id);
    return 0;
}

int store_get(struct store *s, enum object_type type, uint32_t id, struct writer *out)
{
    return store_get_under(s, store_state(s), type, id, out);
}

int store_has(struct store *s, enum object_type type, uint32_t id)
{
    const struct entry *entry;
    return find(s, type, id, &entry);
}

static int too_short(const struct entry *entry)
{
    return failure(FAULT_BROKEN, "object %u/%u is too short to be sealed", entry->type, entry->id);
}

int store_size(struct store *s, enum object_type type, uint32_t id, size_t *out_size)
{
    const struct entry *entry;
    int r = find(s, type, id, &entry);
    if (r)
        return r;
    if (entry->size < SEAL_OVERHEAD)
        return too_short(entry);
    *out_size = (size_t)entry->size - SEAL_OVERHEAD;
    return 0;
}

static void free_entries(const struct entry ***entries)
{
    free(*entries);
}

static int older(const void *one, const void *other)
{
    const struct entry *a = *(const struct entry *const *)one;
    const struct entry *b = *(const struct entry *const *)other;
    return (a->serial > b->serial) - (a->serial < b->serial);
}

int store_list(struct store *s, enum object_type type, uint32_t *out_ids, size_t max,
               size_t *out_count)
{
    int r = store_check_usable(s);
    if (r)
        return r;
    size_t count;
    const struct entry *entries = directory_of_type(&s->directory, type, &count);
    SCOPED(free_entries) const struct entry **by_age = calloc(count + 1, sizeof *by_age);
    if (!by_age)
        return failure(FAULT_MEMORY, "no memory to list %zu objects", count);
    for (size_t i = 0; i < count; i++)
        by_age[i] = &entries[i];
    qsort(by_age, count, sizeof *by_age, older);
    for (size_t i = 0; i < count && i < max; i++)
        out_ids[i] = by_age[i]->id;
    *out_count = count;
    return 0;
}

int store_measure(struct store *s, enum object_type type, size_t *out_count, uint64_t *out_bytes)
{
    int r = store_check_usable(s);
    if (r)
        return r;
    size_t count;
    uint64_t bytes = 0;
    const struct entry *entries = directory_of_type(&s->directory, type, &count);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].size < SEAL_OVERHEAD)
            return too_short(&entries[i]);
        bytes += entries[i].size - SEAL_OVERHEAD;
    }
    *out_count = count;
    *out_bytes = bytes;
    return 0;
}

/* --- Changing --- */

/* Removes the object's row from the authenticated set and gives its serial number. STORE_ABSENT. */
static int take_from_set(struct store *s, enum object_type type, uint32_t id, uint64_t *out_serial)
{
    SCOPED(query_end) struct query q = { 0 };
    const struct entry *entry;
    int r = find_object(s, type, id, &entry, &q);
    if (r)
        return r;
    struct row row = { .table = ROWS_OBJECT,
                       .serial = entry->serial,
                       .type = type,
                       .id = id,
                       .version = entry->version,
                       .bytes = query_bytes(&q, 3) };
    rowset_remove(&s->next.rows, &s->keys, &row);
    *out_serial = row.serial;
    return 0;
}

static size_t spare_of(const struct row *row)
{
    return schema_object_spare(row->type, row->id, row->version, row->bytes.size);
}

static int insert_row(struct store *s, struct row *row)
{
    struct query q = db_query(&s->db, SQL_OBJECT_INSERT);
    query_bind_number(&q, row->type);
    query_bind_number(&q, row->id);
    query_bind_number(&q, row->version);
    query_bind_zeros(&q, spare_of(row));
    query_bind_bytes(&q, row->bytes);
    int r = query_run(&q);
    row->serial = db_inserted(&s->db);
    return r;
}

static int update_row(struct store *s, const struct row *row)
{
    struct query q = db_query(&s->db, SQL_OBJECT_UPDATE);
    query_bind_number(&q, row->version);
    query_bind_zeros(&q, spare_of(row));
    query_bind_bytes(&q, row->bytes);
    query_bind_number(&q, row->serial);
    return query_change_one(&q);
}

static int put_row(struct store *s, struct row *row)
{
    int r = directory_reserve(&s->directory);
    if (!r)
        r = take_from_set(s, row->type, row->id, &row->serial);
    if (r == STORE_ABSENT)
        r = insert_row(s, row);
    else if (!r)
        r = update_row(s, row);
    if (r)
        return r;
    const struct entry entry = { .type = row->type,
                                 .id = row->id,
                                 .serial = row->serial,
                                 .version = row->version,
                                 .size = row->bytes.size };
    rowset_add(&s->next.rows, &s->keys, row);
    directory_put(&s->directory, &entry);
    return 0;
}

static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

/* A row gets the new generation as its version. So no two durable rows of an object ever had the
 * same version, even if it was deleted in between. */
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
    int r = directory_reserve(&s->directory);
    if (!r)
        r = take_from_set(s, type, id, &serial);
    if (r)
        return r;
    struct query q = db_query(&s->db, SQL_OBJECT_DELETE);
    query_bind_number(&q, serial);
    r = query_change_one(&q);
    if (!r)
        directory_remove(&s->directory, type, id);
    s->forgets |= schema_holds_secret(type);
    return r;
}

/* Rolls back after a failed change, since rows and set may disagree then. */
static int ended(struct store *s, int r)
{
    if (r && r != STORE_ABSENT)
        store_rollback(s);
    return r;
}

int store_put(struct store *s, enum object_type type, uint32_t id, struct span bytes)
{
    int r = store_check_writable(s);
    if (r)
        return r;
    s->forgets |= schema_holds_secret(type) && directory_find(&s->directory, type, id);
    return ended(s, seal_and_put(s, type, id, bytes));
}

int store_put_same_secret(struct store *s, enum object_type type, uint32_t id, struct span bytes)
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
