/* Files about logs, as the tool opens them. */
#pragma once

#include <limits.h>
#include <stdio.h>

#include "formats/log_file.h"

struct kept_file {
    const char *path; /* NULL: not given */
    struct span text;
    struct log_file file;
};

/* Reads it, once, into memory of our own: whoever can write to the file changes nothing any more
 * between what is judged and what is told. 0, or the exit status after a complaint. Nothing without
 * a path. */
MUST_CHECK int kept_read(struct kept_file *out);
/* Harmless twice. */
void kept_forget(struct kept_file *kept);

/* --- Writing: a file has its name when it is whole, and not before --- */

struct kept_draft {
    const char *path;
    char part[PATH_MAX]; /* beside it, so long; empty: there is none */
    FILE *file;
};
/* False after a complaint: of a file that is there, too, for evidence is not overwritten. The path
 * is borrowed. */
MUST_CHECK bool kept_begin(struct kept_draft *out, const char *path);
/* Reads back what was written, from the disk, for whoever would look at it before it is named. 0,
 * or the exit status after a complaint. */
MUST_CHECK int kept_written(struct kept_draft *draft, struct kept_file *out);
/* Gives it its name; durable. 0, or the exit status after a complaint. */
MUST_CHECK int kept_place(struct kept_draft *draft);
/* Removes what has no name yet. Harmless twice. */
void kept_drop(struct kept_draft *draft);
