/* SPDX-License-Identifier: Apache-2.0 */
/* The audit policy (which actions forced audit refuses at the limit) and the acknowledgement by an
 * auditor, which begins a new epoch, sets the quota anew and deletes old lines. */
#include <sodium.h>
#include <string.h>

#include "base/failure.h"
#include "formats/sw.h"
#include "storage/internal.h"
#include "storage/schema.h"

/* --- Policy --- */

static bool is_audited(enum audit_action action)
{
    return audit_traits_of(action)->quota == AUDIT_AUDITED;
}

bool audit_uses_quota(const struct audit_record *record)
{
    bool succeeded = sw_delivers((sw){ record->sw });
    return is_audited(record->action) && (succeeded || record->role != AUDIT_NOBODY);
}

struct audit_policy audit_policy(const struct store *s)
{
    return store_state(s)->policy;
}

bool audit_exhausted(const struct store *s, enum audit_action action)
{
    const struct state *state = store_state(s);
    return state->policy.forced != AUDIT_FORCED_OFF && is_audited(action) &&
           state->used >= state->policy.limit;
}

static void describe(const struct audit_policy *policy, struct audit_record *event)
{
    struct writer digest = WRITER_OF(event->digest);
    memset(event->digest, 0, sizeof event->digest);
    write_u8(&digest, (uint8_t)policy->forced);
    write_u32(&digest, policy->limit);
    write_u64(&digest, policy->keep);
    write_u8(&digest, (uint8_t)policy->reading);
}

int audit_set_policy(struct store *s, const struct audit_policy *policy,
                     const struct audit_record *event)
{
    int r = store_check_writable(s);
    if (r)
        return r;
    if (s->next.policy.forced == AUDIT_FORCED_FIXED)
        return AUDIT_FIXED;
    struct audit_record record = *event;
    describe(policy, &record);
    r = audit_append(s, &record);
    if (!r)
        s->next.policy = *policy;
    return r;
}

void audit_unfix_policy(struct store *s)
{
    if (s->next.policy.forced == AUDIT_FORCED_FIXED)
        s->next.policy.forced = AUDIT_FORCED_ON;
}

/* --- Acknowledging --- */

static int check_signature(struct store *s, const struct signed_checkpoint *note)
{
    struct checkpoint_key key;
    int r = audit_epoch_key(s, note->checkpoint.epoch, &key);
    if (r)
        return r < 0 ? r : AUDIT_UNSIGNED;
    r = checkpoint_verify(note, &key);
    return r < 0 ? r : r ? AUDIT_UNSIGNED : 0;
}

static int check_tree(struct store *s, const struct checkpoint *checkpoint)
{
    bool ours;
    if (checkpoint->size > s->next.log.size)
        return AUDIT_AHEAD;
    int r = audit_grew_from(s, checkpoint->size, checkpoint->root, &ours);
    if (r)
        return r;
    if (!ours)
        return AUDIT_FORKED;
    return checkpoint->size <= s->next.acknowledged ? AUDIT_OLD : 0;
}

static int check(struct store *s, struct span text, struct checkpoint *out)
{
    struct signed_checkpoint note;
    struct reader in = reader_of(text);
    checkpoint_read(&in, &note);
    if (!read_finished(&in))
        return AUDIT_NO_NOTE;
    if (!span_equal(SPAN_OF(note.checkpoint.device), SPAN_OF(s->next.device)))
        return AUDIT_FOREIGN;
    int r = check_signature(s, &note);
    if (!r)
        r = check_tree(s, &note.checkpoint);
    *out = note.checkpoint;
    return r;
}

static int record_acknowledgement(struct store *s, const struct checkpoint *checkpoint,
                                  const struct audit_record *event)
{
    struct audit_record record = *event;
    memcpy(record.digest, checkpoint->root, sizeof record.digest);
    int r = audit_append(s, &record);
    if (r)
        return r;
    record.action = AUDIT_EPOCH_BEGUN;
    randombytes_buf(record.random, sizeof record.random);
    return audit_begin_epoch(s, &record);
}

struct count {
    uint32_t used;
    bool readable;
};

static bool count_line(void *context, uint64_t seq, struct span line)
{
    struct count *count = context;
    struct audit_record record;
    (void)seq;
    count->readable = audit_record_read(line, &record);
    count->used += count->readable && audit_uses_quota(&record);
    return count->readable;
}

/* Counts the records that use the quota after the acknowledged ones: the checkpoint may be older
 * than the end of the log. */
static int count_used(struct store *s)
{
    struct count count = { .readable = true };
    int r = audit_read(s, s->next.acknowledged + 1, count_line, &count);
    if (!r && !count.readable)
        r = failure(FAULT_BROKEN, "a line of the log is no record");
    s->next.used = count.used;
    return r;
}

static int prune(struct store *s)
{
    uint64_t keep = s->next.policy.keep;
    keep = keep > AUDIT_KEEP_MIN ? keep : AUDIT_KEEP_MIN;
    uint64_t last = s->next.log.size > keep ? s->next.log.size - keep : 0;
    if (last > s->next.acknowledged)
        last = s->next.acknowledged;
    if (last <= s->next.pruned)
        return 0;
    struct query q = db_query(&s->db, SQL_LOG_PRUNE);
    query_bind_number(&q, last);
    s->next.pruned = last;
    return query_run(&q);
}

int audit_acknowledge(struct store *s, struct span note, const struct audit_record *event)
{
    struct checkpoint checkpoint;
    int r = store_check_writable(s);
    if (!r)
        r = check(s, note, &checkpoint);
    if (!r)
        r = record_acknowledgement(s, &checkpoint, event);
    if (r)
        return r;
    s->next.acknowledged = checkpoint.size;
    r = count_used(s);
    if (!r)
        r = prune(s);
    if (r)
        store_rollback(s);
    return r;
}

int audit_pruned_peaks(struct store *s, struct writer *out)
{
    struct merkle tree;
    uint64_t size = store_state(s)->pruned;
    int r = state_load_tree(&s->db, size, &tree);
    for (unsigned level = MERKLE_LEVELS; !r && level-- > 0;)
        if (size >> level & 1)
            write_span(out, SPAN_OF(tree.peak[level]));
    return r;
}
