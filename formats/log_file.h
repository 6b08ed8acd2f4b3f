/* SPDX-License-Identifier: Apache-2.0 */
/* The files about a log that people keep and compare (docs/AUDIT.md, "Files"):
 *
 *   snapshot     handovers, checkpoint, records: what an auditor takes away
 *   checkpoint   one note: the least that an auditor must keep
 *   proof        shows without the records that the log of a checkpoint extends an older size
 *
 * Reading checks form and numbering, and borrows from the text. It does not verify signatures,
 * chain and tree: until the caller has done so, nothing that was read may be trusted. */
#pragma once

#include "formats/merkle.h"
#include "formats/checkpoint.h"

enum log_kind { LOG_SNAPSHOT, LOG_CHECKPOINT, LOG_PROOF };

struct log_file {
    enum log_kind kind;
    uint64_t from;           /* proof: the older size */
    uint32_t first_handover; /* epoch of the first handover; snapshot: always 1 */
    uint32_t handover_count; /* the checkpoint is of the epoch after the last handover */
    struct span handovers;   /* read with log_handovers() */
    struct signed_checkpoint checkpoint;
    struct merkle pruned; /* snapshot: the tree over the deleted records; often of size 0 */
    struct span records;  /* snapshot: whole lines, to the end of the file */
    struct span steps;    /* proof: read with log_steps() */
};

/* Reads a file; its first line tells the kind. False, with the reason, for a file that no writer
 * would have written. The records' lines are not read. */
MUST_CHECK bool log_file_read(struct span text, struct log_file *out, const char **out_why);

/* Walks the handovers, oldest first. */
struct log_handovers {
    struct reader in;
};
struct log_handovers log_handovers(const struct log_file *file);
bool log_handover_next(struct log_handovers *walk, struct signed_checkpoint *out);

/* Walks a proof's steps, from one boundary to the next. */
struct log_step {
    uint64_t from, to;
    uint8_t proof[MERKLE_PROOF_MAX];
    size_t proof_size;
};
struct log_steps {
    struct reader in;
};
struct log_steps log_steps(const struct log_file *file);
bool log_step_next(struct log_steps *walk, struct log_step *out);
