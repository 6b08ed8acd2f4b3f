/* Files about logs, as the tool opens them. */
#pragma once

#include <stdio.h>

#include "formats/log_file.h"

struct kept_file {
    const char *path; /* NULL: not given */
    struct span text;
    struct log_file file;
};

/* Maps it into memory; 0, or the exit status after a complaint. Nothing without a path. */
MUST_CHECK int kept_map(struct kept_file *out);
/* Harmless twice. */
void kept_unmap(struct kept_file *kept);

/* A new file: evidence is not overwritten. NULL after a complaint. */
FILE *kept_create(const char *path);
/* Closes it, on the disk; if that fails, or good is false, the file is removed. 0, or the exit
 * status after a complaint. */
MUST_CHECK int kept_finish(FILE *file, const char *path, int status);
