/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/log_judge.h"

#include <string.h>

#include "base/results.h"

/* A step of the judgement returns 0 to go on, SETTLED when the verdict is reached, or a fault. */
enum { SETTLED = RESULTS_LOG_JUDGE };

struct judging {
    const struct log_case *all;
    struct log_judgement *out;
    bool first_known;
    struct checkpoint_key first; /* the key of epoch 1 */
    struct receipt of_old, of_new;
    bool old_names, new_names; /* the old, or new, file's own records name the first key */
};

static int settle(struct judging *j, enum log_verdict verdict, uint64_t record, const char *why)
{
    *j->out = (struct log_judgement){ .verdict = verdict, .record = record, .why = why };
    return SETTLED;
}

static int invalid(struct judging *j, const char *file, uint64_t record, const char *why)
{
    int r = settle(j, LOG_INVALID, record, why);
    j->out->file = file;
    return r;
}

const char *log_verdict_name(enum log_verdict verdict)
{
    static const char *const names[] = {
        [LOG_SAME] = "SAME",       [LOG_EXTENDS] = "EXTENDS",     [LOG_UNPROVEN] = "UNPROVEN",
        [LOG_FORKED] = "FORKED",   [LOG_TRUNCATED] = "TRUNCATED", [LOG_REPLACED] = "REPLACED",
        [LOG_INVALID] = "INVALID", [LOG_MISSING] = "MISSING",
    };
    return names[verdict];
}

/* --- Whose log is it --- */

static bool same_device(const uint8_t *a, const uint8_t *b)
{
    return span_equal(span_of(a, CHECKPOINT_DEVICE_SIZE), span_of(b, CHECKPOINT_DEVICE_SIZE));
}

static const uint8_t *device_of(const struct log_file *file)
{
    return file ? file->checkpoint.checkpoint.device : NULL;
}

static int compare_devices(struct judging *j)
{
    const struct log_case *all = j->all;
    const uint8_t *devices[] = { all->receipt ? all->receipt->key.device : NULL,
                                 device_of(all->old), device_of(all->fresh),
                                 device_of(all->proof) };
    const uint8_t *first = NULL;
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        first = first ? first : devices[i];
        if (devices[i] && !same_device(devices[i], first))
            return settle(j, LOG_REPLACED, 0, "it is the log of another token");
    }
    return 0;
}

static bool same_receipt(const struct receipt *a, const struct receipt *b)
{
    return span_equal(SPAN_OF(a->key.public_key), SPAN_OF(b->key.public_key)) &&
           span_equal(SPAN_OF(a->incarnation), SPAN_OF(b->incarnation));
}

/* Compares what is known of the log's beginning: from the receipt, and from files that begin with
 * record 1. */
static int compare_beginnings(struct judging *j)
{
    const struct log_case *all = j->all;
    const struct receipt *known[3] = { all->receipt };
    const struct receipt *first = NULL;
    j->old_names = all->old && log_first_key(all->old, &j->of_old);
    j->new_names = all->fresh && log_first_key(all->fresh, &j->of_new);
    known[1] = j->old_names ? &j->of_old : NULL;
    known[2] = j->new_names ? &j->of_new : NULL;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        first = first ? first : known[i];
        if (known[i] && !same_receipt(known[i], first))
            return settle(j, LOG_REPLACED, 1, "the log begins with another key or incarnation");
    }
    if (!first)
        return settle(j, LOG_UNPROVEN, 0,
                      "none of these files tells the first key: give the receipt");
    j->first_known = true;
    j->first = first->key;
    return 0;
}

/* --- Signatures --- */

static int verify_note(struct judging *j, const char *file, const struct signed_checkpoint *note,
                       const struct checkpoint_key *key, bool own)
{
    int r = checkpoint_verify(note, key);
    if (r == CHECKPOINT_OTHER_KEY && note->checkpoint.epoch == 1 && !own)
        return settle(j, LOG_REPLACED, 0, "it was signed with another first key");
    if (r == CHECKPOINT_OTHER_KEY)
        return invalid(j, file, 0, "a note is not signed with the key of its epoch");
    return r == CHECKPOINT_BAD_SIGNATURE ? invalid(j, file, 0, "a signature does not hold") : r;
}

/* Verifies the notes of a file: from the key of the first on, each handover names the key of the
 * next. */
static int verify_from(struct judging *j, const char *file, const struct log_file *notes,
                       struct checkpoint_key key, bool own)
{
    struct log_handovers walk = log_handovers(notes);
    struct signed_checkpoint note;
    int r = 0;
    while (!r && log_handover_next(&walk, &note)) {
        r = verify_note(j, file, &note, &key, own);
        memcpy(key.public_key, note.checkpoint.next, sizeof key.public_key);
    }
    return r ? r : verify_note(j, file, &notes->checkpoint, &key, own);
}

/* Finds the key of an epoch in a snapshot's handovers. */
static bool key_of_epoch(const struct judging *j, const struct log_file *snapshot, uint32_t epoch,
                         struct checkpoint_key *out)
{
    *out = j->first;
    if (epoch == 1)
        return true;
    if (!snapshot || snapshot->kind != LOG_SNAPSHOT)
        return false;
    struct log_handovers walk = log_handovers(snapshot);
    struct signed_checkpoint note;
    while (log_handover_next(&walk, &note)) {
        memcpy(out->public_key, note.checkpoint.next, sizeof out->public_key);
        if (note.checkpoint.epoch + 1 == epoch)
            return true;
    }
    return false;
}

static int verify_snapshots(struct judging *j)
{
    const struct log_file *old = j->all->old, *fresh = j->all->fresh;
    int r = 0;
    if (old && old->kind == LOG_SNAPSHOT)
        r = verify_from(j, "old", old, j->first, j->old_names);
    if (!r && fresh)
        r = verify_from(j, "new", fresh, j->first, j->new_names);
    return r;
}

static int compare_proof_to_old(struct judging *j)
{
    const struct log_file *proof = j->all->proof;
    const struct checkpoint *old = &j->all->old->checkpoint.checkpoint;
    uint32_t epoch =
        proof->handover_count ? proof->first_handover : proof->checkpoint.checkpoint.epoch;
    if (proof->from == old->size && epoch == old->epoch)
        return 0;
    return invalid(j, "proof", 0, "it does not begin where the old file ends");
}

/* Verifies an old checkpoint, or the beginning of a proof, by the key of its epoch. That key comes
 * from a snapshot that was verified before; without one nothing tells it. */
static int verify_by_old_epoch(struct judging *j)
{
    const struct log_file *old = j->all->old, *proof = j->all->proof;
    bool bare = old->kind == LOG_CHECKPOINT;
    struct checkpoint_key key;
    int r = proof ? compare_proof_to_old(j) : 0;
    if (r)
        return r;
    if (!key_of_epoch(j, bare ? j->all->fresh : old, old->checkpoint.checkpoint.epoch, &key))
        return settle(j, LOG_UNPROVEN, 0,
                      "none of these files tells the key of the old checkpoint's epoch");
    if (bare)
        r = verify_note(j, "old", &old->checkpoint, &key, false);
    return !r && proof ? verify_from(j, "proof", proof, key, false) : r;
}

static int verify_signatures(struct judging *j)
{
    int r = verify_snapshots(j);
    return !r && j->all->old ? verify_by_old_epoch(j) : r;
}

/* --- Records --- */

static int check_records(struct judging *j, const char *name, const struct log_file *file,
                         struct log_root *at)
{
    struct log_fault fault;
    int r = log_check(file, at, &fault);
    if (r)
        return r;
    return fault.why ? invalid(j, name, fault.record, fault.why) : 0;
}

/* The number of the first record that differs, among those that both files have. */
static uint64_t first_difference(const struct log_file *a, const struct log_file *b)
{
    struct log_lines walk_a = log_lines(a), walk_b = log_lines(b);
    struct span line_a, line_b = { 0 };
    while (log_line_next(&walk_a, &line_a)) {
        while (walk_b.seq < walk_a.seq)
            if (!log_line_next(&walk_b, &line_b))
                return 0;
        bool both = walk_b.seq == walk_a.seq && walk_b.seq > b->pruned.size;
        if (both && !span_equal(line_a, line_b))
            return walk_a.seq;
    }
    return 0;
}

static int forked(struct judging *j, const char *why)
{
    return settle(j, LOG_FORKED, first_difference(j->all->old, j->all->fresh), why);
}

/* --- Epochs: handovers that both files have must be the same --- */

static bool same_handovers(const struct log_file *a, const struct log_file *b)
{
    size_t common = a->handovers.size < b->handovers.size ? a->handovers.size : b->handovers.size;
    return span_equal(span_part(a->handovers, 0, common), span_part(b->handovers, 0, common));
}

/* The size at which this epoch ended; UINT64_MAX: it has not ended. */
static uint64_t end_of_epoch(const struct log_file *file, uint32_t epoch)
{
    struct log_handovers walk = log_handovers(file);
    struct signed_checkpoint note;
    while (log_handover_next(&walk, &note))
        if (note.checkpoint.epoch == epoch)
            return note.checkpoint.size;
    return UINT64_MAX;
}

static int compare_epochs(struct judging *j)
{
    const struct log_file *old = j->all->old, *fresh = j->all->fresh;
    const struct checkpoint *a = &old->checkpoint.checkpoint, *b = &fresh->checkpoint.checkpoint;
    const struct log_file *longer = b->size < a->size ? old : fresh;
    const struct checkpoint *shorter = b->size < a->size ? b : a;
    if (old->kind == LOG_SNAPSHOT && !same_handovers(old, fresh))
        return forked(j, "two different records or keys end the same epoch");
    if (longer->checkpoint.checkpoint.epoch < shorter->epoch ||
        (a->size == b->size && a->epoch != b->epoch))
        return forked(j, "the longer log has fewer epochs");
    if (end_of_epoch(longer, shorter->epoch) < shorter->size)
        return forked(j, "the longer log ended this epoch before the shorter one's checkpoint");
    return 0;
}

/* --- Old and new --- */

static bool same_root(const uint8_t *a, const uint8_t *b)
{
    return span_equal(span_of(a, SHA256_SIZE), span_of(b, SHA256_SIZE));
}

static int compare_files(struct judging *j, const struct log_root *in_old,
                         const struct log_root *in_new)
{
    const struct checkpoint *a = &j->all->old->checkpoint.checkpoint;
    const struct checkpoint *b = &j->all->fresh->checkpoint.checkpoint;
    int r = compare_epochs(j);
    if (r)
        return r;
    if (b->size < a->size) {
        if (in_old->known && !same_root(in_old->root, b->root))
            return forked(j, "the new log is shorter, and has another history");
        return settle(j, LOG_TRUNCATED, b->size + 1, "the new log ends before this record");
    }
    if (in_new->known && !same_root(in_new->root, a->root))
        return forked(j, "the new log has another history");
    if (!in_new->known && !j->all->proof)
        return settle(j, LOG_MISSING, a->size + 1,
                      "records from this one on were pruned: a proof from the old file is needed");
    return settle(j, a->size == b->size ? LOG_SAME : LOG_EXTENDS, 0, NULL);
}

/* --- Old and proof --- */

/* The note at which a step of the proof ends. */
static struct signed_checkpoint note_at(const struct log_file *proof, struct log_handovers *walk,
                                        uint64_t size)
{
    struct signed_checkpoint note;
    while (log_handover_next(walk, &note))
        if (note.checkpoint.size == size)
            return note;
    return proof->checkpoint;
}

/* Whether a handover of the older file's size has the same root; else it is of another log. */
static bool begins_alike(const struct log_file *proof, const uint8_t *root)
{
    struct log_handovers walk = log_handovers(proof);
    struct signed_checkpoint note;
    return !log_handover_next(&walk, &note) || note.checkpoint.size != proof->from ||
           same_root(note.checkpoint.root, root);
}

static int check_steps(struct judging *j)
{
    const struct log_file *proof = j->all->proof;
    struct log_handovers handovers = log_handovers(proof);
    struct log_steps steps = log_steps(proof);
    struct log_step step;
    struct signed_checkpoint note;
    uint8_t root[SHA256_SIZE];
    memcpy(root, j->all->old->checkpoint.checkpoint.root, sizeof root);
    int r = 0;
    while (!r && log_step_next(&steps, &step)) {
        note = note_at(proof, &handovers, step.to);
        r = merkle_check_consistency(step.from, root, step.to, note.checkpoint.root,
                                     span_of(step.proof, step.proof_size));
        memcpy(root, note.checkpoint.root, sizeof root);
    }
    if (r == MERKLE_UNPROVEN)
        return invalid(j, "proof", 0, "the proof does not lead from the old file to this log");
    bool alike = same_root(root, proof->checkpoint.checkpoint.root) &&
                 begins_alike(proof, j->all->old->checkpoint.checkpoint.root);
    if (!r && !alike)
        return settle(j, LOG_FORKED, 0, "two logs of one size have different records");
    return r;
}

static int judge_proof(struct judging *j)
{
    const struct log_case *all = j->all;
    int r = all->proof ? check_steps(j) : 0;
    if (r || !all->proof)
        return r;
    const struct checkpoint *end = &all->proof->checkpoint.checkpoint;
    if (all->fresh) {
        const struct checkpoint *b = &all->fresh->checkpoint.checkpoint;
        bool same = end->size == b->size && end->epoch == b->epoch && same_root(end->root, b->root);
        return same ? 0
                    : invalid(j, "proof", 0, "it leads to another checkpoint than the new file's");
    }
    bool grown = end->size != all->old->checkpoint.checkpoint.size;
    return settle(j, grown ? LOG_EXTENDS : LOG_SAME, 0, NULL);
}

/* --- All of it --- */

static int judge(struct judging *j)
{
    const struct log_case *all = j->all;
    struct log_root in_old = { .size = all->fresh ? all->fresh->checkpoint.checkpoint.size : 0 };
    struct log_root in_new = { .size = all->old ? all->old->checkpoint.checkpoint.size : 0 };
    int r = compare_devices(j);
    if (!r)
        r = compare_beginnings(j);
    if (!r)
        r = verify_signatures(j);
    if (!r && all->old)
        r = check_records(j, "old", all->old, &in_old);
    if (!r && all->fresh)
        r = check_records(j, "new", all->fresh, &in_new);
    if (!r)
        r = judge_proof(j);
    if (r)
        return r;
    if (all->old && all->fresh)
        return compare_files(j, &in_old, &in_new);
    if (all->receipt)
        return settle(j, LOG_EXTENDS, 0, NULL);
    return settle(j, LOG_UNPROVEN, 0, "self-consistent, proves nothing about history");
}

int log_judge(const struct log_case *all, struct log_judgement *out)
{
    struct judging j = { .all = all, .out = out };
    int r = judge(&j);
    return r == SETTLED ? 0 : r;
}
