/* How the tool writes files: under another name beside it, and the name is given to what is whole
 * and synced. So nothing is written through a link, no mode of an older file stays, and a file
 * that cannot be written leaves what was there.
 *
 *     SCOPED(draft_drop) struct draft draft = { 0 };
 *     if (!draft_begin(&draft, path, DRAFT_NEW)) return TOOL_FAILED;
 *     ... write to draft.file ...
 *     return draft_place(&draft);
 */
#pragma once

#include <limits.h>
#include <stdio.h>

#include "base/bytes.h"

enum draft_kind {
    DRAFT_NEW = 1,    /* a file that is there stays: evidence is not overwritten */
    DRAFT_SECRET = 2, /* for its owner alone; else as the umask says */
};

struct draft {
    const char *path;
    char part[PATH_MAX]; /* beside it, so long; empty: there is none */
    FILE *file;
    int kind;
};
/* kind: of enum draft_kind. The path is borrowed. False after a complaint: of a link, too, and of
 * what is no regular file. */
MUST_CHECK bool draft_begin(struct draft *out, const char *path, int kind);
/* Closes the file, synced, without a name; for whoever wants to read it back before. */
MUST_CHECK bool draft_close(struct draft *draft);
/* Gives it its name; durable. 0, or the exit status after a complaint. */
MUST_CHECK int draft_place(struct draft *draft);
/* Removes what has no name yet. Harmless twice. */
void draft_drop(struct draft *draft);
