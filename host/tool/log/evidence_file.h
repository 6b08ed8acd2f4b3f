/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence files: snapshots, proofs, checkpoints and receipts of logs (formats/log_file.h), which
 * the tool reads and, after writing one, reads back. */
#pragma once

#include "formats/log_file.h"
#include "host/tool/cli/draft.h"

struct evidence_file {
    const char *path; /* NULL: not given */
    struct span text;
    struct log_file file;
};

/* Reads the file `path` once, into memory of our own: so nobody who can write to the file changes
 * anything between what is judged and what is shown. Without a path it does nothing. 0, or the exit
 * status after a complaint. */
MUST_CHECK int evidence_file_read(struct evidence_file *out);
/* Frees the memory. Harmless twice. */
void evidence_file_forget(struct evidence_file *kept);

/* Closes and syncs a draft and reads it back from the disk, so that the caller can check it before
 * draft_place() gives it its name. 0, or the exit status after a complaint. */
MUST_CHECK int evidence_file_written(struct draft *draft, struct evidence_file *out);
