/* SPDX-License-Identifier: Apache-2.0 */
/* A block of lines is shared out among threads: parsing and hashing a line, which is nearly all the
 * work, needs nothing of its neighbours. Then one thread joins what they found, in order. */
#include "host/tool/log/log_check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/text.h"
#include "crypto/crypto.h"

#define BLOCK       16384
#define THREADS_MAX 8

/* What can be checked of a line without its neighbours. */
struct finding {
    struct span line;
    bool good; /* in canonical form, with the number that is expected */
    uint8_t hash[SHA256_SIZE], leaf[SHA256_SIZE], previous[SHA256_SIZE];
};

struct share {
    pthread_t thread;
    bool started;
    struct finding *findings;
    size_t count;
    uint64_t seq; /* number of the first line */
    int result;
};

/* --- Lines --- */

struct log_lines log_lines(const struct log_file *file)
{
    return (struct log_lines){ reader_of(file->records), file->pruned.size,
                               file->checkpoint.checkpoint.size };
}

bool log_line_next(struct log_lines *walk, struct span *out_line)
{
    if (walk->seq >= walk->size)
        return false;
    *out_line = read_line(&walk->in);
    walk->seq += !read_failed(&walk->in);
    return !read_failed(&walk->in);
}

/* Whether the record begins an epoch: such a record carries the epoch's key. */
static bool announces(const struct audit_record *record)
{
    return audit_traits_of(record->action)->digest == AUDIT_EPOCH &&
           !span_is_zero(SPAN_OF(record->digest));
}

bool log_first_key(const struct log_file *file, struct receipt *out)
{
    struct log_lines walk = log_lines(file);
    struct audit_record record;
    struct span line;
    bool whole = file->kind == LOG_SNAPSHOT && file->pruned.size == 0;
    while (whole && log_line_next(&walk, &line)) {
        if (!audit_record_read(line, &record))
            return false;
        if (!announces(&record))
            continue;
        memcpy(out->incarnation, record.incarnation, sizeof out->incarnation);
        memcpy(out->key.device, file->checkpoint.checkpoint.device, sizeof out->key.device);
        memcpy(out->key.public_key, record.digest, sizeof out->key.public_key);
        return true;
    }
    return false;
}

/* --- One line on its own --- */

static int look_at(struct finding *finding, uint64_t seq)
{
    struct audit_record record;
    finding->good = audit_record_read(finding->line, &record) && record.seq == seq;
    if (!finding->good)
        return 0;
    memcpy(finding->previous, record.previous, sizeof finding->previous);
    int r = sha256_of(finding->line, finding->hash);
    return r ? r : merkle_leaf(finding->line, finding->leaf);
}

static void *work(void *context)
{
    struct share *share = context;
    share->result = crypto_init();
    for (size_t i = 0; !share->result && i < share->count; i++)
        share->result = look_at(&share->findings[i], share->seq + i);
    return NULL;
}

static size_t thread_count(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (size_t)processors;
}

/* Checks all lines in shares, one a thread. The last share, and one whose thread cannot be started,
 * is done by this thread. */
static int look_at_all(struct finding *findings, size_t count, uint64_t seq)
{
    struct share shares[THREADS_MAX] = { 0 };
    size_t threads = count < 64 ? 1 : thread_count(), begin = 0;
    int r = 0;
    for (size_t i = 0; i < threads; i++) {
        size_t end = count * (i + 1) / threads;
        shares[i] = (struct share){ .findings = findings + begin,
                                    .count = end - begin,
                                    .seq = seq + begin };
        shares[i].started =
            i + 1 < threads && pthread_create(&shares[i].thread, NULL, work, &shares[i]) == 0;
        if (!shares[i].started)
            work(&shares[i]);
        begin = end;
    }
    for (size_t i = 0; i < threads; i++) {
        if (shares[i].started)
            pthread_join(shares[i].thread, NULL);
        r = r ? r : shares[i].result;
    }
    return r;
}

/* --- All lines together --- */

struct checking {
    const struct log_file *file;
    struct merkle tree; /* over the records so far */
    uint8_t last[SHA256_SIZE];
    bool last_known;
    uint8_t incarnation[CHECKPOINT_INCARNATION_SIZE]; /* of the record that was joined last */
    struct log_handovers handovers;
    struct signed_checkpoint stop; /* the note that signs the next size we come to */
    bool last_stop;                /* it is the checkpoint */
    struct log_root *extra;
    struct log_fault *fault;
};

static void find_fault(struct checking *c, const char *why)
{
    if (!c->fault->why)
        *c->fault = (struct log_fault){ c->tree.size + 1, why };
}

static void next_stop(struct checking *c)
{
    if (log_handover_next(&c->handovers, &c->stop))
        return;
    c->stop = c->file->checkpoint;
    c->last_stop = true;
}

/* A handover's last record must name the key that it hands over to. */
static const char *compare_record(const struct checkpoint *note, struct span line)
{
    struct audit_record record;
    if (!audit_record_read(line, &record))
        return "the line is not a record";
    if (!span_equal(SPAN_OF(record.incarnation), SPAN_OF(note->incarnation)))
        return "the record is of another incarnation than the note over it says";
    if (note->handover && !span_equal(SPAN_OF(record.digest), SPAN_OF(note->next)))
        return "the record does not name the key to which its epoch hands over";
    return NULL;
}

static int compare_root(struct checking *c, struct span line)
{
    const struct checkpoint *note = &c->stop.checkpoint;
    uint8_t root[SHA256_SIZE];
    int r = merkle_root(&c->tree, root);
    if (r)
        return r;
    const char *why = span_equal(SPAN_OF(root), SPAN_OF(note->root))
                          ? line.size ? compare_record(note, line) : NULL
                          : "the records up to this one are not those that were signed";
    if (why && !c->fault->why)
        *c->fault = (struct log_fault){ c->tree.size, why };
    return 0;
}

/* Called before the first record and after each: compares the root where a note, or the caller, has
 * one for this size. */
static int stop_here(struct checking *c, struct span line)
{
    int r = 0;
    if (c->extra->size == c->tree.size && c->tree.size) {
        r = merkle_root(&c->tree, c->extra->root);
        c->extra->known = !r;
    }
    while (!r && !c->fault->why && !c->last_stop && c->stop.checkpoint.size <= c->tree.size) {
        if (c->stop.checkpoint.size == c->tree.size)
            r = compare_root(c, line);
        next_stop(c);
    }
    if (!r && !c->fault->why && c->last_stop && c->stop.checkpoint.size == c->tree.size)
        r = compare_root(c, line);
    return r;
}

static int join(struct checking *c, const struct finding *finding)
{
    if (!finding->good)
        find_fault(c, "the line is no record, or not of this number");
    else if (c->last_known && !span_equal(SPAN_OF(finding->previous), SPAN_OF(c->last)))
        find_fault(c, "the record does not follow the one before");
    if (c->fault->why)
        return 0;
    memcpy(c->last, finding->hash, sizeof c->last);
    c->last_known = true;
    int r = merkle_append_subtree(&c->tree, 0, finding->leaf);
    return r ? r : stop_here(c, finding->line);
}

static size_t take_block(struct log_lines *walk, struct finding *findings)
{
    size_t count = 0;
    while (count < BLOCK && log_line_next(walk, &findings[count].line))
        count++;
    return count;
}

static int check_block(struct checking *c, struct finding *findings, size_t count)
{
    int r = look_at_all(findings, count, c->tree.size + 1);
    for (size_t i = 0; !r && i < count && !c->fault->why; i++)
        r = join(c, &findings[i]);
    return r;
}

static int check_all(struct checking *c, struct finding *findings)
{
    struct log_lines walk = log_lines(c->file);
    uint64_t size = c->file->checkpoint.checkpoint.size;
    next_stop(c);
    int r = stop_here(c, (struct span){ 0 });
    for (size_t count = 1; !r && !c->fault->why && count;) {
        count = take_block(&walk, findings);
        r = check_block(c, findings, count);
    }
    if (!r && c->tree.size < size)
        find_fault(c, "the line is missing, or has no end");
    if (!r && read_left(&walk.in))
        find_fault(c, "there are more lines than the checkpoint covers");
    return r;
}

static void free_findings(struct finding **findings)
{
    free(*findings);
}

int log_check(const struct log_file *file, struct log_root *at, struct log_fault *out)
{
    SCOPED(free_findings) struct finding *findings = NULL;
    struct checking c = { .file = file,
                          .tree = file->pruned,
                          .last_known = file->pruned.size == 0,
                          .handovers = log_handovers(file),
                          .extra = at,
                          .fault = out };
    *out = (struct log_fault){ 0 };
    at->known = false;
    if (file->kind != LOG_SNAPSHOT)
        return 0;
    findings = malloc(BLOCK * sizeof *findings);
    if (!findings)
        return failure(FAULT_MEMORY, "no memory to check a log");
    return check_all(&c, findings);
}
