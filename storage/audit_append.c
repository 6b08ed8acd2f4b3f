/* SPDX-License-Identifier: Apache-2.0 */
/* Appends records to the log: lines, their hash chain, the Merkle tree over them, and combined
 * records (audit.h). */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/failure.h"
#include "formats/sw.h"
#include "storage/internal.h"
#include "storage/schema.h"

/* --- Lines --- */

static void complete(const struct state *state, struct audit_record *record)
{
    record->seq = state->log.size + 1;
    memcpy(record->incarnation, state->incarnation, sizeof record->incarnation);
    memcpy(record->previous, state->log_last, sizeof record->previous);
    record->boot = state->boot;
    record->count = record->count ? record->count : 1;
}

static uint64_t continued(const struct state *state, uint64_t ticks_us)
{
    uint64_t tick = state->boot_us + ticks_us;
    return tick < state->continued_us ? state->continued_us : tick;
}

static int insert(struct store *s, enum statement statement, uint64_t seq, struct span bytes)
{
    struct query q = db_query(&s->db, statement);
    query_bind_number(&q, seq);
    query_bind_bytes(&q, bytes);
    return query_run(&q);
}

static int append_line(struct store *s, struct span line)
{
    uint8_t bytes[MERKLE_NODES_MAX];
    struct writer nodes = WRITER_OF(bytes);
    int r = merkle_append(&s->next.log, line, &nodes);
    if (!r)
        r = sha256_of(line, s->next.log_last);
    if (!r)
        r = insert(s, SQL_LOG_INSERT, s->next.log.size, line);
    if (!r)
        r = insert(s, SQL_NODE_INSERT, s->next.log.size, written(&nodes));
    return r;
}

/* Appends a record whose continued tick is already filled in. */
static int append_record(struct store *s, const struct audit_record *event)
{
    struct audit_record record = *event;
    uint8_t bytes[AUDIT_LINE_MAX];
    struct writer line = WRITER_OF(bytes);
    complete(&s->next, &record);
    audit_record_write(&record, &line);
    if (line.full)
        return failure(FAULT_BROKEN, "a log line beyond %d bytes", AUDIT_LINE_MAX);
    s->next.continued_us = record.continued_us;
    s->next.used += audit_uses_quota(&record);
    return append_line(s, written(&line));
}

/* --- Combined records --- */

/* Whether a record may be combined with its predecessors: refusals, and successes of actions that
 * are. */
static bool may_join(const struct audit_record *event)
{
    bool refusal = !sw_delivers((sw){ event->sw });
    bool free = audit_traits_of(event->action)->joining == AUDIT_JOINED;
    return (refusal || free) && !event->alone && event->count <= 1 &&
           span_is_zero(SPAN_OF(event->approvers));
}

static bool is_alike(const struct audit_record *a, const struct audit_record *b)
{
    return a->action == b->action && a->sw == b->sw && a->role == b->role &&
           a->admin_uid == b->admin_uid && a->object == b->object &&
           span_equal(SPAN_OF(a->command), SPAN_OF(b->command)) &&
           span_equal(SPAN_OF(a->key), SPAN_OF(b->key));
}

/* Whoever has no login may send what he likes as often as he likes: it must not fill the medium. */
static bool is_nobodys(const struct audit_record *event)
{
    return may_join(event) && event->role == AUDIT_NOBODY;
}

static bool joins(const struct joined *row, const struct audit_record *event)
{
    if (!may_join(event) || !row->last.action || row->waiting == UINT32_MAX)
        return false;
    return is_alike(&row->last, event) || (is_nobodys(&row->last) && is_nobodys(event));
}

/* Stores the latest of several combined records: the digest differs between them and is dropped. */
static void set_last(struct joined *row, const struct audit_record *event)
{
    row->last = *event;
    memset(row->last.digest, 0, sizeof row->last.digest);
}

/* Combined records that differ get the action WITHOUT_LOGIN, without object and key; command and
 * status word stay those of the last. */
static void mix(struct audit_record *event)
{
    event->action = AUDIT_WITHOUT_LOGIN;
    event->object = 0;
    memset(event->key, 0, sizeof event->key);
}

static void join(struct state *state, const struct audit_record *event)
{
    struct joined *row = &state->joined;
    struct audit_record told = *event;
    if (row->waiting && !is_alike(&row->last, event))
        mix(&told);
    if (row->waiting++ == 0)
        row->first_ms = event->time_ms;
    set_last(row, &told);
    state->continued_us = event->continued_us;
}

static uint32_t age_ms(const struct joined *row)
{
    uint64_t age = row->last.time_ms > row->first_ms ? row->last.time_ms - row->first_ms : 0;
    return age < UINT32_MAX ? (uint32_t)age : UINT32_MAX;
}

static int flush(struct store *s)
{
    struct joined *row = &s->next.joined;
    if (row->waiting == 0)
        return 0;
    struct audit_record record = row->last;
    record.count = row->waiting;
    record.since_ms = age_ms(row);
    row->waiting = 0;
    return append_record(s, &record);
}

/* --- The wall clock --- */

#define CLOCK_TOLERANCE_MS 1000

/* Whether the wall clock was set: between two records of a power-on it must have advanced as far as
 * the ticks, which nobody can set. */
static bool clock_was_set(const struct state *state, const struct audit_record *event)
{
    int64_t wall = (int64_t)(event->time_ms - state->seen_ms);
    int64_t ticks = (int64_t)(event->ticks_us - state->seen_us) / 1000;
    int64_t jump = wall - ticks;
    return state->seen_ms && (jump > CLOCK_TOLERANCE_MS || jump < -CLOCK_TOLERANCE_MS);
}

static int record_clock(struct store *s, const struct audit_record *event)
{
    struct audit_record record = {
        .action = AUDIT_CLOCK_SET,
        .time_ms = event->time_ms,
        .ticks_us = event->ticks_us,
        .continued_us = event->continued_us,
        .sw = STATUS_OK,
        .role = AUDIT_SYSTEM,
    };
    if (!clock_was_set(&s->next, event))
        return 0;
    randombytes_buf(record.random, sizeof record.random);
    int r = flush(s);
    s->next.joined = (struct joined){ 0 };
    return r ? r : append_record(s, &record);
}

/* --- Appending --- */

static int append_or_join(struct store *s, const struct audit_record *event)
{
    struct joined *row = &s->next.joined;
    if (joins(row, event)) {
        join(&s->next, event);
        return 0;
    }
    int r = flush(s);
    if (!r)
        r = append_record(s, event);
    *row = (struct joined){ 0 };
    if (may_join(event))
        set_last(row, event);
    return r;
}

/* Rolls back after a failed change, since line and tree may disagree then. */
static int ended(struct store *s, int r)
{
    if (r)
        store_rollback(s);
    return r;
}

int audit_append(struct store *s, const struct audit_record *event)
{
    int r = store_check_writable(s);
    if (r)
        return r;
    struct audit_record record = *event;
    record.continued_us = continued(&s->next, event->ticks_us);
    r = record_clock(s, &record);
    if (!r)
        r = append_or_join(s, &record);
    s->next.seen_ms = event->time_ms;
    s->next.seen_us = event->ticks_us;
    return ended(s, r);
}

int audit_flush(struct store *s)
{
    int r = store_check_writable(s);
    return r ? r : ended(s, flush(s));
}

int audit_start_boot(struct store *s)
{
    int r = audit_flush(s);
    if (r)
        return r;
    s->next.joined = (struct joined){ 0 };
    s->next.boot++;
    s->next.boot_us = s->next.continued_us;
    s->next.seen_ms = 0;
    return 0;
}

struct audit_head audit_head(const struct store *s)
{
    struct audit_head head = {
        .size = s->now.log.size,
        .pruned = s->now.pruned,
        .acknowledged = s->now.acknowledged,
        .epoch = s->now.epoch,
        .used = s->now.used,
        .waiting = s->now.joined.waiting,
    };
    memcpy(head.root, s->now.log_root, sizeof head.root);
    return head;
}
