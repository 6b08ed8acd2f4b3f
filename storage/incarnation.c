/* A new life of the store: after a rollback was accepted, what was sealed before must not be
 * mistaken for what is sealed from now on. */
#include <sodium.h>
#include <time.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

static int open_row(struct store *s, struct query *row, struct secret *out_plain)
{
    struct span sealed = query_bytes(row, 4);
    struct seal_place place = store_place_of(&s->now, (uint32_t)query_number(row, 1),
                                             (uint32_t)query_number(row, 2), query_number(row, 3));
    int r = secret_init(out_plain, sealed.size); /* somewhat more than the plain bytes need */
    if (r)
        return r;
    struct writer plain = writer_of(out_plain->at, out_plain->size);
    if (seal_open(hierarchy_key(&s->keys, SUBKEY_SEAL), &place, sealed, &plain) != 0)
        return failure(FAULT_BROKEN, "object %u/%u was not sealed for its place", place.type,
                       place.id);
    out_plain->size = plain.size;
    return 0;
}

/* Seals the first row after *serial anew and moves *serial on to it. STORE_ABSENT: no more. */
static int reseal_next(struct store *s, uint64_t *serial)
{
    SCOPED(secret_deinit) struct secret plain = { 0 };
    SCOPED(query_end) struct query row = db_query(&s->db, SQL_OBJECT_AFTER);
    query_bind_number(&row, *serial);
    int r = query_step(&row);
    if (r != QUERY_ROW)
        return r ? r : STORE_ABSENT;

    *serial = query_number(&row, 0);
    enum object_type type = (enum object_type)query_number(&row, 1);
    uint32_t id = (uint32_t)query_number(&row, 2);
    r = open_row(s, &row, &plain);
    query_end(&row);
    return r ? r : store_put(s, type, id, secret_span(&plain));
}

static int reseal_all(struct store *s)
{
    uint64_t serial = 0;
    int r;
    do
        r = reseal_next(s, &serial);
    while (!r);
    return r == STORE_ABSENT ? 0 : r;
}

/* The store is not powered on yet, so the ticks since power-on are zero. */
static int record_acceptance(struct store *s)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct audit_record event = {
        .action = AUDIT_ROLLBACK_ACCEPTED,
        .time_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000,
        .sw = 0x9000,
        .role = AUDIT_SYSTEM,
    };
    randombytes_buf(event.random, sizeof event.random);
    int r = audit_append(s, &event);
    if (r)
        return r;
    event.action = AUDIT_EPOCH_BEGUN;
    randombytes_buf(event.random, sizeof event.random);
    return audit_begin_epoch(s, &event);
}

int store_begin_incarnation(struct store *s, uint64_t generation)
{
    int r = store_begin(s);
    if (r)
        return r;
    r = audit_flush(s); /* what waits belongs to the life that ends */
    if (r)
        return r;
    s->next.generation = generation;
    randombytes_buf(s->next.incarnation, INCARNATION_SIZE);
    r = reseal_all(s);
    if (!r)
        r = record_acceptance(s);
    if (!r)
        return store_commit(s, true);
    store_rollback(s);
    return r;
}
