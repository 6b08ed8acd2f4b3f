/* The audit log: lines, their chain, and the tree over them. */
#include "storage/audit.h"

#include <string.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

static void complete(const struct state *state, struct audit_record *record)
{
    record->seq = state->log.size + 1;
    memcpy(record->incarnation, state->incarnation, sizeof record->incarnation);
    memcpy(record->previous, state->log_last, sizeof record->previous);
    record->boot = state->boot;
    record->count = record->count ? record->count : 1;
    record->continued_us = state->boot_us + record->ticks_us;
    if (record->continued_us < state->continued_us)
        record->continued_us = state->continued_us;
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

int audit_append(struct store *s, const struct audit_record *event)
{
    int r = store_check_writable(s);
    if (r)
        return r;

    struct audit_record record = *event;
    uint8_t bytes[AUDIT_LINE_MAX];
    struct writer line = WRITER_OF(bytes);
    complete(&s->next, &record);
    audit_record_write(&record, &line);
    r = line.full ? failure(FAULT_BROKEN, "a log line beyond %d bytes", AUDIT_LINE_MAX)
                  : append_line(s, written(&line));
    if (r)
        store_rollback(s);
    s->next.continued_us = record.continued_us;
    return r;
}

int audit_start_boot(struct store *s)
{
    int r = store_check_writable(s);
    if (r)
        return r;
    s->next.boot++;
    s->next.boot_us = s->next.continued_us;
    return 0;
}

struct audit_head audit_head(const struct store *s)
{
    struct audit_head head = { .size = s->now.log.size };
    memcpy(head.root, s->now.log_root, sizeof head.root);
    return head;
}

int audit_read(struct store *s, uint64_t from, audit_line *line, void *context)
{
    SCOPED(query_end) struct query q = db_query(&s->db, SQL_LOG_READ);
    query_bind_number(&q, from);
    int r;
    while ((r = query_step(&q)) == QUERY_ROW)
        if (!line(context, query_number(&q, 0), query_bytes(&q, 1)))
            return 0;
    return r;
}
