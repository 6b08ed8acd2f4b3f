/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes and loads the state row: fields in a fixed layout, and their MAC. */
#include "storage/state.h"

#include <string.h>

#include "base/failure.h"
#include "storage/schema.h"

const struct audit_policy state_default_policy = {
    .forced = AUDIT_FORCED_OFF,
    .limit = 1000,
    .keep = AUDIT_KEEP_ALL,
    .reading = AUDIT_READ_BY_USER,
};

/* Format 1, of the first release, ends after the continued tick. */
#define FORMAT_VERSION 2
#define FACTS_SIZE     512 /* more than enough */

static void write_joined(const struct joined *joined, struct writer *out)
{
    const struct audit_record *last = &joined->last;
    write_u32(out, joined->waiting);
    write_u64(out, joined->first_ms);
    write_u64(out, last->time_ms);
    write_u64(out, last->ticks_us);
    write_u64(out, last->continued_us);
    write_span(out, SPAN_OF(last->random));
    write_u16(out, (uint16_t)last->action);
    write_span(out, SPAN_OF(last->command));
    write_u16(out, last->sw);
    write_u8(out, (uint8_t)last->role);
    write_u32(out, last->admin_uid);
    write_u16(out, last->object);
    write_span(out, SPAN_OF(last->key));
}

static void write_facts(const struct state *state, const uint8_t set[MAC_SIZE], struct writer *out)
{
    write_u8(out, FORMAT_VERSION);
    write_span(out, SPAN_OF(state->device));
    write_span(out, SPAN_OF(state->incarnation));
    write_u64(out, state->generation);
    write_span(out, span_of(set, MAC_SIZE));
    write_u64(out, state->rows.count);
    write_u64(out, state->log.size);
    write_span(out, SPAN_OF(state->log_root));
    write_span(out, SPAN_OF(state->log_last));
    write_u32(out, state->boot);
    write_u64(out, state->continued_us);
    write_u32(out, state->epoch);
    write_u64(out, state->acknowledged);
    write_u64(out, state->pruned);
    write_u32(out, state->used);
    write_u8(out, (uint8_t)state->policy.forced);
    write_u32(out, state->policy.limit);
    write_u64(out, state->policy.keep);
    write_u8(out, (uint8_t)state->policy.reading);
    write_joined(&state->joined, out);
}

static void read_array(struct reader *in, uint8_t *out, size_t size)
{
    if (!span_copy(read_span(in, size), out, size))
        read_fail(in);
}

static void read_joined(struct reader *in, struct joined *out)
{
    struct audit_record *last = &out->last;
    out->waiting = read_u32(in);
    out->first_ms = read_u64(in);
    last->time_ms = read_u64(in);
    last->ticks_us = read_u64(in);
    last->continued_us = read_u64(in);
    read_array(in, last->random, sizeof last->random);
    last->action = (enum audit_action)read_u16(in);
    read_array(in, last->command, sizeof last->command);
    last->sw = read_u16(in);
    last->role = (enum audit_role)read_u8(in);
    last->admin_uid = read_u32(in);
    last->object = read_u16(in);
    read_array(in, last->key, sizeof last->key);
}

static void read_second_format(struct reader *in, struct state *out)
{
    out->epoch = read_u32(in);
    out->acknowledged = read_u64(in);
    out->pruned = read_u64(in);
    out->used = read_u32(in);
    out->policy.forced = (enum audit_forced)read_u8(in);
    out->policy.limit = read_u32(in);
    out->policy.keep = read_u64(in);
    out->policy.reading = (enum audit_reading)read_u8(in);
    read_joined(in, &out->joined);
}

static bool read_facts(struct span facts, struct state *out, uint8_t out_set[MAC_SIZE])
{
    struct reader in = reader_of(facts);
    uint8_t version = read_u8(&in);
    if (version < 1 || version > FORMAT_VERSION)
        return false;
    read_array(&in, out->device, DEVICE_SIZE);
    read_array(&in, out->incarnation, INCARNATION_SIZE);
    out->generation = read_u64(&in);
    read_array(&in, out_set, MAC_SIZE);
    out->rows.count = read_u64(&in);
    out->log.size = read_u64(&in);
    read_array(&in, out->log_root, SHA256_SIZE);
    read_array(&in, out->log_last, SHA256_SIZE);
    out->boot = read_u32(&in);
    out->continued_us = read_u64(&in);
    out->policy = state_default_policy;
    if (version >= 2)
        read_second_format(&in, out);
    return read_finished(&in);
}

int state_store(struct state *state, struct db *db, const struct hierarchy *keys, bool first)
{
    int r = merkle_root(&state->log, state->log_root);
    if (r)
        return r;

    uint8_t set[MAC_SIZE], bytes[FACTS_SIZE];
    struct writer facts = WRITER_OF(bytes);
    rowset_digest(&state->rows, keys, set);
    write_facts(state, set, &facts);
    struct span part = written(&facts);
    hierarchy_mac(keys, SUBKEY_STATE, &part, 1, state->mac);

    SCOPED(query_end) struct query q = db_query(db, first ? SQL_STATE_INSERT : SQL_STATE_UPDATE);
    query_bind_bytes(&q, part);
    query_bind_bytes(&q, SPAN_OF(state->mac));
    return query_change_one(&q);
}

/* --- Loading --- */

static int load_row(struct state *out, struct db *db, const struct hierarchy *keys,
                    uint8_t out_set[MAC_SIZE])
{
    SCOPED(query_end) struct query q = db_query(db, SQL_STATE_GET);
    int r = query_step(&q);
    if (r != QUERY_ROW)
        return r ? r : failure(FAULT_BROKEN, "the state row is missing");

    struct span facts = query_bytes(&q, 1);
    hierarchy_mac(keys, SUBKEY_STATE, &facts, 1, out->mac);
    bool ours = query_number(&q, 0) == 1 && span_equal(query_bytes(&q, 2), SPAN_OF(out->mac));
    if (!ours || !read_facts(facts, out, out_set))
        return failure(FAULT_BROKEN, "the state row was altered");
    r = query_step(&q);
    return r == QUERY_ROW ? failure(FAULT_BROKEN, "there is more than one state row") : r;
}

static int check_rows(struct state *state, struct directory *directory, struct db *db,
                      const struct hierarchy *keys, const uint8_t stored_set[MAC_SIZE])
{
    uint64_t count = state->rows.count;
    uint8_t set[MAC_SIZE];
    int r = rowset_compute(db, keys, &state->rows, directory);
    if (r)
        return r;
    rowset_digest(&state->rows, keys, set);
    if (state->rows.count != count || !span_equal(SPAN_OF(set), span_of(stored_set, MAC_SIZE)))
        return failure(FAULT_BROKEN, "rows are missing, doubled, swapped or altered");
    return 0;
}

static int load_peak(struct db *db, unsigned level, struct merkle *tree)
{
    SCOPED(query_end) struct query q = db_query(db, SQL_NODE_GET);
    query_bind_number(&q, merkle_peak_leaf(tree->size, level));
    int r = query_step(&q);
    if (r && r != QUERY_ROW)
        return r;
    struct span hashes = r ? query_bytes(&q, 0) : (struct span){ 0 };
    struct span hash = span_part(hashes, (size_t)level * SHA256_SIZE, SHA256_SIZE);
    if (!span_copy(hash, tree->peak[level], SHA256_SIZE))
        return failure(FAULT_BROKEN, "a node of the log's tree is missing");
    return 0;
}

int state_load_tree(struct db *db, uint64_t size, struct merkle *out)
{
    *out = (struct merkle){ .size = size };
    int r = 0;
    for (unsigned level = 0; !r && level < MERKLE_LEVELS; level++)
        if (size >> level & 1)
            r = load_peak(db, level, out);
    return r;
}

static int check_tree(struct state *state, struct db *db)
{
    uint8_t root[SHA256_SIZE];
    int r = state_load_tree(db, state->log.size, &state->log);
    if (!r)
        r = merkle_root(&state->log, root);
    if (!r && !span_equal(SPAN_OF(root), SPAN_OF(state->log_root)))
        r = failure(FAULT_BROKEN, "the log's tree was altered");
    return r;
}

/* Checks the numbers of the first and last stored node: a node beyond the tree would collide with
 * one that is appended later. */
static int check_node_ends(const struct state *state, struct db *db)
{
    SCOPED(query_end) struct query q = db_query(db, SQL_NODE_ENDS);
    int r = query_step(&q);
    if (r && r != QUERY_ROW)
        return r;
    uint64_t first = r ? query_number(&q, 0) : 1, last = r ? query_number(&q, 1) : 0;
    if (first != 1 || last != state->log.size)
        return failure(FAULT_BROKEN, "the log's tree has other leaves than the log");
    return 0;
}

static int check_last_line(const struct state *state, struct db *db)
{
    SCOPED(query_end) struct query q = db_query(db, SQL_LOG_LAST);
    int r = query_step(&q);
    if (!r && state->log.size == 0)
        return 0;
    if (r != QUERY_ROW)
        return r ? r : failure(FAULT_BROKEN, "the log is empty");

    uint8_t hash[SHA256_SIZE];
    uint64_t seq = query_number(&q, 0);
    r = sha256_of(query_bytes(&q, 1), hash);
    if (!r && (seq != state->log.size || !span_equal(SPAN_OF(hash), SPAN_OF(state->log_last))))
        r = failure(FAULT_BROKEN, "the end of the log was altered");
    return r;
}

static int check_first_line(const struct state *state, struct db *db)
{
    SCOPED(query_end) struct query q = db_query(db, SQL_LOG_FIRST);
    int r = query_step(&q);
    if (r != QUERY_ROW)
        return r || state->log.size == 0 ? r : failure(FAULT_BROKEN, "the log is empty");
    if (query_number(&q, 0) != state->pruned + 1)
        return failure(FAULT_BROKEN, "the beginning of the log was altered");
    return 0;
}

int state_load(struct state *out, struct directory *out_directory, struct db *db,
               const struct hierarchy *keys)
{
    struct state state;
    memset(&state, 0, sizeof state);
    uint8_t set[MAC_SIZE];
    int r = load_row(&state, db, keys, set);
    if (!r)
        r = check_rows(&state, out_directory, db, keys, set);
    if (!r)
        r = check_tree(&state, db);
    if (!r)
        r = check_node_ends(&state, db);
    if (!r)
        r = check_last_line(&state, db);
    if (!r)
        r = check_first_line(&state, db);
    if (r)
        return r;
    state.boot_us = state.continued_us;
    *out = state;
    return 0;
}
