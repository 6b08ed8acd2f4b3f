/* Files about logs, as the tool opens them. */
#pragma once

#include "formats/log_file.h"
#include "host/tool/cli/draft.h"

struct evidence_file {
    const char *path; /* NULL: not given */
    struct span text;
    struct log_file file;
};

/* Reads it, once, into memory of our own: whoever can write to the file changes nothing any more
 * between what is judged and what is told. 0, or the exit status after a complaint. Nothing without
 * a path. */
MUST_CHECK int evidence_file_read(struct evidence_file *out);
/* Harmless twice. */
void evidence_file_forget(struct evidence_file *kept);

/* Reads back what was written, from the disk, for whoever would look at it before it is named. 0,
 * or the exit status after a complaint. */
MUST_CHECK int evidence_file_written(struct draft *draft, struct evidence_file *out);
