/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the lines of the log. */
#include <inttypes.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

int audit_read_unproven(struct store *s, uint64_t from, audit_line *line, void *context)
{
    SCOPED(query_end) struct query q = db_query(&s->db, SQL_LOG_READ);
    query_bind_number(&q, from);
    int r;
    while ((r = query_step(&q)) == QUERY_ROW)
        if (!line(context, query_number(&q, 0), query_bytes(&q, 1)))
            return 0;
    return r;
}

/* A read in progress: lines are passed to the reader and added to the tree, which is compared at
 * the end. */
struct reading {
    audit_line *line;
    void *context;
    struct merkle tree;
    bool stopped; /* the reader returned false */
    int result;
};

static bool give_line(void *context, uint64_t seq, struct span line)
{
    struct reading *reading = context;
    uint8_t bytes[MERKLE_NODES_MAX];
    struct writer nodes = WRITER_OF(bytes);
    reading->result = seq == reading->tree.size + 1
                          ? merkle_append(&reading->tree, line, &nodes)
                          : failure(FAULT_BROKEN, "record %" PRIu64 " of the log is missing",
                                    reading->tree.size + 1);
    if (reading->result)
        return false;
    reading->stopped = !reading->line(reading->context, seq, line);
    return !reading->stopped;
}

/* The stored tree nodes for lines before `from` need no check of their own: altered ones would give
 * another root. */
int audit_read(struct store *s, uint64_t from, audit_line *line, void *context)
{
    const struct state *state = store_state(s);
    struct reading reading = { .line = line, .context = context };
    uint8_t root[SHA256_SIZE];
    bool grown = false;
    if (from <= state->pruned)
        from = state->pruned + 1;
    if (from > state->log.size)
        return 0;
    int r = state_load_tree(&s->db, from - 1, &reading.tree);
    if (!r)
        r = audit_read_unproven(s, from, give_line, &reading);
    if (!r)
        r = reading.result;
    if (!r && !reading.stopped && reading.tree.size != state->log.size)
        r = failure(FAULT_BROKEN, "the end of the log is missing");
    if (!r)
        r = merkle_root(&reading.tree, root);
    if (!r)
        r = audit_grew_from(s, reading.tree.size, root, &grown);
    return r || grown ? r : failure(FAULT_BROKEN, "a record of the log was altered");
}
