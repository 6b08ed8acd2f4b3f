/* SPDX-License-Identifier: Apache-2.0 */
/* Begins a new incarnation of the store: after an accepted rollback or a restored copy, bytes
 * sealed before must not be accepted in place of bytes sealed from now on. */
#include <sodium.h>

#include "base/clock.h"
#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

static int open_object(struct store *s, const struct entry *entry, struct secret *out_plain)
{
    int r = secret_init(out_plain, entry->size); /* the sealed size, which is a little more than the
                                                    plain bytes need */
    if (r)
        return r;
    struct writer plain = writer_of(out_plain->at, out_plain->size);
    r = store_get_under(s, &s->now, (enum object_type)entry->type, entry->id, &plain);
    out_plain->size = plain.size;
    return r > 0 ? failure(FAULT_BROKEN, "object %u/%u is gone", entry->type, entry->id) : r;
}

static int visit_entry(struct store *s, const struct entry *entry, object_visitor *visit)
{
    SCOPED(secret_deinit) struct secret plain = { 0 };
    struct plain_object object = { (enum object_type)entry->type, entry->id, { 0 } };
    int r = open_object(s, entry, &plain);
    object.bytes = secret_span(&plain);
    return r ? r : visit(s, &object);
}

/* The visitor may change objects but not add or remove any, so that entries keep their index. */
int store_each(struct store *s, object_visitor *visit)
{
    int r = 0;
    for (size_t i = 0; !r && i < s->directory.count; i++) {
        const struct entry entry = s->directory.at[i];
        r = visit_entry(s, &entry, visit);
    }
    return r;
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
        r = audit_flush(s); /* combined records belong to the incarnation that ends */
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
