/* A new life of the store: after a rollback was accepted, or a copy restored, what was sealed
 * before must not be mistaken for what is sealed from now on. */
#include <sodium.h>

#include "base/clock.h"
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

/* Visits the first object after *serial and moves *serial on to it. STORE_ABSENT: no more. */
static int visit_next(struct store *s, uint64_t *serial, object_visitor *visit)
{
    SCOPED(secret_deinit) struct secret plain = { 0 };
    SCOPED(query_end) struct query row = db_query(&s->db, SQL_OBJECT_AFTER);
    query_bind_number(&row, *serial);
    int r = query_step(&row);
    if (r != QUERY_ROW)
        return r ? r : STORE_ABSENT;

    *serial = query_number(&row, 0);
    struct plain_object object = { (enum object_type)query_number(&row, 1),
                                   (uint32_t)query_number(&row, 2),
                                   { 0 } };
    r = open_row(s, &row, &plain);
    query_end(&row);
    object.bytes = secret_span(&plain);
    return r ? r : visit(s, &object);
}

int store_each(struct store *s, object_visitor *visit)
{
    uint64_t serial = 0;
    int r;
    do
        r = visit_next(s, &serial, visit);
    while (!r);
    return r == STORE_ABSENT ? 0 : r;
}

static int reseal(struct store *s, const struct plain_object *object)
{
    return store_put(s, object->type, object->id, object->bytes);
}

struct audit_record store_event(const struct audit_record *facts)
{
    struct audit_record event = *facts;
    event.time_ms = wall_clock_ms();
    event.sw = 0x9000;
    randombytes_buf(event.random, sizeof event.random);
    return event;
}

int store_record(struct store *s, const struct audit_record *facts)
{
    struct audit_record event = store_event(facts);
    return audit_append(s, &event);
}

int store_begin_epoch(struct store *s)
{
    struct audit_record event =
        store_event(&(struct audit_record){ .action = AUDIT_EPOCH_BEGUN, .role = AUDIT_SYSTEM });
    return audit_begin_epoch(s, &event);
}

int store_begin_incarnation(struct store *s, uint64_t generation, enum audit_action why)
{
    int r = store_begin(s);
    if (!r)
        r = audit_flush(s); /* what waits belongs to the life that ends */
    if (r)
        return r;
    s->next.generation = generation;
    randombytes_buf(s->next.incarnation, INCARNATION_SIZE);
    r = store_each(s, reseal);
    if (!r)
        r = store_record(s, &(struct audit_record){ .action = why, .role = AUDIT_SYSTEM });
    if (!r)
        r = store_begin_epoch(s);
    if (!r)
        return store_commit(s, true);
    store_rollback(s);
    return r;
}
