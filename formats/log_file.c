/* SPDX-License-Identifier: Apache-2.0 */
/* Reads snapshots, checkpoints and proofs of a log. */
#include "formats/log_file.h"

#include <string.h>

#include "base/text.h"

/* --- Sections --- */

struct log_handovers log_handovers(const struct log_file *file)
{
    return (struct log_handovers){ reader_of(file->handovers) };
}

static uint64_t read_handover(struct reader *in, struct signed_checkpoint *out)
{
    read_expected(in, "-- handover ");
    uint64_t number = read_decimal(in);
    read_expected(in, "\n");
    checkpoint_read(in, out);
    return number;
}

bool log_handover_next(struct log_handovers *walk, struct signed_checkpoint *out)
{
    if (!read_left(&walk->in))
        return false;
    read_handover(&walk->in, out);
    return !read_failed(&walk->in);
}

/* Reads hashes in Base64, one a line, up to the next section or the end. */
static void read_hashes(struct reader *in, struct writer *out)
{
    while (read_left(in) && !next_is(in, "-- ") && !read_failed(in)) {
        struct span line = read_line(in);
        if (line.size != BASE64_SIZE(SHA256_SIZE) || !base64_decode(line, out))
            read_fail(in);
    }
}

struct log_steps log_steps(const struct log_file *file)
{
    return (struct log_steps){ reader_of(file->steps) };
}

bool log_step_next(struct log_steps *walk, struct log_step *out)
{
    if (!read_left(&walk->in))
        return false;
    struct writer proof = WRITER_OF(out->proof);
    read_expected(&walk->in, "-- consistency ");
    out->from = read_decimal(&walk->in);
    read_expected(&walk->in, " ");
    out->to = read_decimal(&walk->in);
    read_expected(&walk->in, "\n");
    read_hashes(&walk->in, &proof);
    out->proof_size = proof.size;
    return !read_failed(&walk->in);
}

/* --- Handovers and checkpoint, which all kinds have --- */

/* The part of `whole` before the bytes that `rest` still has. */
static struct span taken(struct span whole, const struct reader *rest)
{
    return span_part(whole, 0, whole.size - rest->rest.size);
}

struct line_of_epochs {
    uint8_t device[CHECKPOINT_DEVICE_SIZE];
    uint32_t epoch; /* epoch that the next note must have; 0: any, since there was none yet */
    uint64_t size;  /* size that the next note must exceed */
};

/* Checks that notes of one log follow each other by epoch and size. */
static bool comes_next(struct line_of_epochs *line, const struct checkpoint *note)
{
    bool first = line->epoch == 0;
    bool good =
        note->epoch != 0 && (first || (note->epoch == line->epoch &&
                                       span_equal(SPAN_OF(note->device), SPAN_OF(line->device))));
    good = good && note->size > 0 &&
           (note->handover ? note->size > line->size : note->size >= line->size);
    memcpy(line->device, note->device, sizeof line->device);
    line->epoch = note->epoch + 1;
    line->size = note->size;
    return good && (!note->handover || line->epoch != 0);
}

static const char *read_notes(struct reader *in, uint64_t after, struct log_file *out)
{
    struct line_of_epochs line = { .size = after };
    struct signed_checkpoint note;
    struct span begin = in->rest;
    for (; next_is(in, "-- handover "); out->handover_count++) {
        uint64_t number = read_handover(in, &note);
        if (read_failed(in) || !note.checkpoint.handover || number != note.checkpoint.epoch)
            return "a handover is malformed";
        if (!comes_next(&line, &note.checkpoint))
            return "the handovers are out of order";
        out->first_handover = out->handover_count ? out->first_handover : note.checkpoint.epoch;
    }
    out->handovers = taken(begin, in);
    read_expected(in, "-- checkpoint\n");
    checkpoint_read(in, &out->checkpoint);
    if (read_failed(in) || out->checkpoint.checkpoint.handover)
        return "the checkpoint is malformed";
    if (!comes_next(&line, &out->checkpoint.checkpoint))
        return "the checkpoint does not follow the handovers";
    return NULL;
}

/* --- Snapshot --- */

static bool read_pruned(struct reader *in, struct merkle *out)
{
    uint8_t bytes[MERKLE_NODES_MAX];
    struct writer peaks = WRITER_OF(bytes);
    if (!next_is(in, "-- pruned "))
        return true;
    read_expected(in, "-- pruned ");
    uint64_t size = read_decimal(in);
    read_expected(in, "\n");
    read_hashes(in, &peaks);
    return !read_failed(in) && size && merkle_from_peaks(size, written(&peaks), out);
}

static const char *read_snapshot(struct reader *in, struct log_file *out)
{
    const char *why = read_notes(in, 0, out);
    if (why)
        return why;
    uint64_t size = out->checkpoint.checkpoint.size;
    if (out->checkpoint.checkpoint.epoch != out->handover_count + 1)
        return "handovers are missing";
    if (!read_pruned(in, &out->pruned) || out->pruned.size > size)
        return "the section of pruned records is malformed";
    read_expected(in, "-- records ");
    uint64_t first = read_decimal(in);
    read_expected(in, " ");
    uint64_t count = read_decimal(in);
    read_expected(in, "\n");
    if (read_failed(in) || first != out->pruned.size + 1 || count != size - out->pruned.size)
        return "the section of records is malformed, or not of this checkpoint";
    out->records = read_rest(in);
    return NULL;
}

/* --- Proof --- */

/* The boundaries between a proof's steps: the older size, the size of each handover, the
 * checkpoint's size; equal ones count once. */
static bool next_boundary(const struct log_file *file, struct log_handovers *walk, uint64_t *size)
{
    struct signed_checkpoint note;
    uint64_t before = *size;
    while (log_handover_next(walk, &note))
        if (note.checkpoint.size != before) {
            *size = note.checkpoint.size;
            return true;
        }
    *size = file->checkpoint.checkpoint.size;
    return *size != before;
}

static const char *check_steps(const struct log_file *file)
{
    static const char why[] = "the steps of the proof are malformed, or not between its sizes";
    struct log_handovers handovers = log_handovers(file);
    struct log_steps steps = log_steps(file);
    struct log_step step;
    uint64_t from = file->from, to = from;
    for (; next_boundary(file, &handovers, &to); from = to)
        if (!log_step_next(&steps, &step) || step.from != from || step.to != to)
            return why;
    return read_left(&steps.in) ? why : NULL;
}

static const char *read_proof(struct reader *in, struct log_file *out)
{
    read_expected(in, "-- from ");
    out->from = read_decimal(in);
    read_expected(in, "\n");
    if (read_failed(in) || !out->from)
        return "the proof does not say from where";
    /* the first handover may have the older size: a copy of the store branched off there */
    const char *why = read_notes(in, out->from - 1, out);
    if (!why && out->checkpoint.checkpoint.size < out->from)
        why = "the checkpoint does not follow the handovers";
    if (why)
        return why;
    out->steps = read_rest(in);
    return check_steps(out);
}

/* --- Kinds --- */

static const char *read_bare(struct reader *in, struct log_file *out)
{
    checkpoint_read(in, &out->checkpoint);
    if (!read_finished(in) || out->checkpoint.checkpoint.handover)
        return "the checkpoint is malformed";
    bool sound = out->checkpoint.checkpoint.epoch && out->checkpoint.checkpoint.size;
    return sound ? NULL : "the checkpoint is of no log";
}

static const struct {
    const char *head;
    size_t skipped;
    enum log_kind kind;
    const char *(*read)(struct reader *in, struct log_file *out);
} kinds[] = {
    { "glasshsm-log-snapshot 1\n", 24, LOG_SNAPSHOT, read_snapshot },
    { "glasshsm-log-proof 1\n", 21, LOG_PROOF, read_proof },
    { "glasshsm/", 0, LOG_CHECKPOINT, read_bare },
};

bool log_file_read(struct span text, struct log_file *out, const char **out_why)
{
    struct reader in = reader_of(text);
    *out_why = "it is no snapshot, checkpoint or proof that this version knows";
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!next_is(&in, kinds[i].head))
            continue;
        read_span(&in, kinds[i].skipped);
        out->kind = kinds[i].kind;
        out->first_handover = 1;
        *out_why = kinds[i].read(&in, out);
        return !*out_why;
    }
    return false;
}
