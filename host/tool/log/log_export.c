/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm log snapshot, receipt, proof: writes the files that an owner or an auditor keeps. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/text.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/usage.h"
#include "host/tool/log/evidence_file.h"
#include "host/tool/log/log_judge.h"
#include "host/tool/log/log_source.h"
#include "host/tool/log/log_verbs.h"

/* How often a log is read anew because it was pruned while it was read */
#define AGAIN_MAX 100

static void put(FILE *to, struct span text)
{
    fwrite(text.at, 1, text.size, to);
}

static void put_hashes(FILE *to, struct span hashes)
{
    for (size_t at = 0; at < hashes.size; at += SHA256_SIZE) {
        uint8_t text[BASE64_SIZE(SHA256_SIZE)];
        struct writer out = WRITER_OF(text);
        write_base64(&out, span_part(hashes, at, SHA256_SIZE));
        put(to, written(&out));
        fputc('\n', to);
    }
}

/* Reads the checkpoint, a note, that the source gave. */
static bool read_checkpoint(const struct log_source *source, struct checkpoint *out)
{
    struct reader in = reader_of(span_of(source->checkpoint, source->checkpoint_size));
    struct signed_checkpoint note;
    checkpoint_read(&in, &note);
    if (!read_finished(&in))
        return false;
    *out = note.checkpoint;
    return true;
}

/* --- Snapshot --- */

static bool put_line(void *context, struct span line)
{
    FILE *to = context;
    put(to, line);
    if (fputc('\n', to) != EOF)
        return true;
    tool_complain(0, "the snapshot cannot be written: %s", strerror(errno));
    return false;
}

static int write_snapshot(struct log_source *source, FILE *to)
{
    struct checkpoint checkpoint;
    if (!read_checkpoint(source, &checkpoint) || checkpoint.size < source->pruned)
        return tool_complain(TOOL_FAILED, "the checkpoint that the token gave is malformed");
    fputs("glasshsm-log-snapshot 1\n", to);
    put(to, span_of(source->handovers, source->handovers_size));
    fputs("-- checkpoint\n", to);
    put(to, span_of(source->checkpoint, source->checkpoint_size));
    if (source->pruned)
        fprintf(to, "-- pruned %" PRIu64 "\n", source->pruned);
    put_hashes(to, span_of(source->peaks, source->peaks_size));
    fprintf(to, "-- records %" PRIu64 " %" PRIu64 "\n", source->pruned + 1,
            checkpoint.size - source->pruned);
    return log_source_lines(source, source->pruned + 1, checkpoint.size, put_line, to);
}

/* Writes checkpoint and records. They are read one after the other, and somebody may acknowledge in
 * between, by which records are pruned: then all is written anew, with fewer records each time. */
static int write_whole(struct log_source *source, FILE *to)
{
    int status = write_snapshot(source, to);
    for (unsigned times = 0; source->torn && times < AGAIN_MAX; times++) {
        status = log_source_again(source);
        if (status)
            return status;
        if (fflush(to) || ftruncate(fileno(to), 0) || fseek(to, 0, SEEK_SET))
            return tool_complain(TOOL_FAILED, "the snapshot cannot be written again: %s",
                                 strerror(errno));
        status = write_snapshot(source, to);
    }
    return source->torn ? tool_complain(TOOL_FAILED,
                                        "lines were acknowledged and pruned each "
                                        "time that the log was read; try again")
                        : status;
}

/* Verifies the snapshot that was just written: an error is better found now than in a month. */
static int check_kept(struct draft *draft, struct span receipt_text, uint64_t *out_size)
{
    SCOPED(evidence_file_forget) struct evidence_file kept = { 0 };
    struct log_judgement judgement = { .why = "it is malformed" };
    struct receipt receipt;
    struct reader in = reader_of(receipt_text);
    const struct log_case all = { .receipt = &receipt, .fresh = &kept.file };
    int status = evidence_file_written(draft, &kept);
    if (status)
        return status;
    receipt_read(&in, &receipt);
    if (read_finished(&in) && log_file_read(kept.text, &kept.file, &judgement.why) &&
        log_judge(&all, &judgement))
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    *out_size = kept.file.checkpoint.checkpoint.size;
    if (judgement.why)
        return tool_complain(TOOL_BROKEN_LOG,
                             "the log of this token is broken: %s at record %" PRIu64,
                             judgement.why, judgement.record);
    return 0;
}

static int snapshot(struct log_source *source, const struct log_keep_options *options,
                    const char *path)
{
    SCOPED(draft_drop) struct draft draft = { 0 };
    uint64_t size = 0;
    (void)options;
    if (!draft_begin(&draft, path, DRAFT_NEW))
        return TOOL_FAILED;
    int status = write_whole(source, draft.file);
    if (!status)
        status = check_kept(&draft, span_of(source->receipt, source->receipt_size), &size);
    if (!status)
        status = draft_place(&draft);
    if (!status)
        text_print(stdout, "%s: %" PRIu64 " records; keep it where this machine cannot write\n",
                   path, size);
    return status;
}

/* --- Receipt --- */

static int receipt(struct log_source *source, const struct log_keep_options *options,
                   const char *path)
{
    SCOPED(draft_drop) struct draft draft = { 0 };
    struct span text = span_of(source->receipt, source->receipt_size);
    (void)options;
    if (!path) {
        put(stdout, text);
        return fflush(stdout) ? TOOL_FAILED : TOOL_DONE;
    }
    if (!draft_begin(&draft, path, DRAFT_NEW))
        return TOOL_FAILED;
    put(draft.file, text);
    return draft_place(&draft);
}

/* --- Proof --- */

static bool read_number(const char *text, uint64_t *out)
{
    struct reader in = reader_of(span_of_text(text));
    *out = read_decimal(&in);
    return read_finished(&in) && *out;
}

/* Where a proof begins. */
struct beginning {
    uint64_t size;
    uint32_t epoch; /* of the older checkpoint; 0: not known */
};

/* Reads where the proof begins: a number, or the checkpoint in an older file. */
static int read_beginning(const char *from, struct beginning *out)
{
    SCOPED(evidence_file_forget) struct evidence_file kept = { .path = from };
    const char *why = "it is a proof itself";
    if (read_number(from, &out->size))
        return 0;
    int status = evidence_file_read(&kept);
    if (status)
        return status;
    if (!log_file_read(kept.text, &kept.file, &why) || kept.file.kind == LOG_PROOF)
        return tool_complain(TOOL_FAILED, "%s: %s", from, why);
    const struct checkpoint *checkpoint = &kept.file.checkpoint.checkpoint;
    *out = (struct beginning){ checkpoint->size, checkpoint->epoch };
    return 0;
}

static int write_step(struct log_source *source, uint64_t *at, uint64_t to_size, FILE *to)
{
    uint8_t bytes[MERKLE_PROOF_MAX];
    struct writer hashes = WRITER_OF(bytes);
    if (to_size == *at)
        return 0;
    int status = log_source_consistency(source, *at, to_size, &hashes);
    fprintf(to, "-- consistency %" PRIu64 " %" PRIu64 "\n", *at, to_size);
    put_hashes(to, written(&hashes));
    *at = to_size;
    return status;
}

/* Whether a checkpoint of the same size comes before the handover: it does if it is of the epoch
 * which the handover ends, in a store from which this one was copied. */
static bool comes_before(const struct checkpoint *handover, const struct beginning *from)
{
    return handover->size < from->size ||
           (handover->size == from->size && handover->epoch != from->epoch);
}

/* The handovers after the beginning: from the first of these to the last. */
static struct span handovers_after(const struct log_source *source, const struct beginning *from)
{
    const struct log_file all = { .handovers = span_of(source->handovers, source->handovers_size) };
    struct log_handovers walk = log_handovers(&all);
    struct signed_checkpoint note;
    struct span rest = walk.in.rest;
    while (log_handover_next(&walk, &note) && comes_before(&note.checkpoint, from))
        rest = walk.in.rest;
    return rest;
}

static int write_proof(struct log_source *source, const struct beginning *from, FILE *to)
{
    struct checkpoint checkpoint;
    if (!read_checkpoint(source, &checkpoint))
        return tool_complain(TOOL_FAILED, "the checkpoint that the token gave is malformed");
    if (from->size > checkpoint.size)
        return tool_complain(TOOL_LOG_TRUNCATED, "the log ends at record %" PRIu64 ", before that",
                             checkpoint.size);
    const struct log_file part = { .handovers = handovers_after(source, from) };
    struct log_handovers walk = log_handovers(&part);
    struct signed_checkpoint note;
    uint64_t at = from->size;
    fprintf(to, "glasshsm-log-proof 1\n-- from %" PRIu64 "\n", at);
    put(to, part.handovers);
    fputs("-- checkpoint\n", to);
    put(to, span_of(source->checkpoint, source->checkpoint_size));
    int status = 0;
    while (!status && log_handover_next(&walk, &note))
        status = write_step(source, &at, note.checkpoint.size, to);
    return status ? status : write_step(source, &at, checkpoint.size, to);
}

static int proof(struct log_source *source, const struct log_keep_options *options,
                 const char *path)
{
    SCOPED(draft_drop) struct draft draft = { 0 };
    struct beginning from = { 0 };
    int status = read_beginning(options->from, &from);
    if (status)
        return status;
    if (!draft_begin(&draft, path, DRAFT_NEW))
        return TOOL_FAILED;
    status = write_proof(source, &from, draft.file);
    return status ? status : draft_place(&draft);
}

/* --- The verbs --- */

const struct option_row log_proof_rows[] = {
    { "from", "SIZE|FILE", "the older size, or a kept file with the older checkpoint",
      INTO_TEXT(struct log_keep_options, from) },
    OPTIONS_END,
};

typedef int keep_run(struct log_source *source, const struct log_keep_options *options,
                     const char *path);

static int keep(const struct command_line *command, keep_run *run)
{
    SCOPED(log_source_close) struct log_source source = { 0 };
    struct log_keep_options *options = command->options;
    const char *path = command->operand[0];
    options->place.daemon.name = path ? command->operand[1] : NULL;
    int status = log_source_open(&options->place, &source);
    return status ? status : run(&source, options, path);
}

int log_snapshot(struct command_line *command)
{
    return keep(command, snapshot);
}

int log_receipt(struct command_line *command)
{
    return keep(command, receipt);
}

int log_proof(struct command_line *command)
{
    const struct log_keep_options *options = command->options;
    return options->from ? keep(command, proof) : usage_wrong(command, "--from is missing");
}
