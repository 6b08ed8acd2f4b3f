/* SPDX-License-Identifier: Apache-2.0 */
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
    DRAFT_KEEP = 4,   /* likewise, but a device or pipe of that name is written to */
    DRAFT_SECRET = 2, /* readable by its owner alone; without it, as the umask says */
};

struct draft {
    const char *path;
    char part[PATH_MAX]; /* the name beside `path` until it is whole; empty: there is none */
    FILE *file;
    int kind;
};
/* Whether a new file may get this name; complains if not. */
MUST_CHECK bool draft_may_begin(const char *path, int kind);
/* Begins a new file that shall be called path; kind: a set of enum draft_kind. The path is
 * borrowed. False after a complaint: also when the path is a link, or no regular file. */
MUST_CHECK bool draft_begin(struct draft *out, const char *path, int kind);
/* Syncs and closes the file, which has no name yet; for a caller who reads it back before it is
 * named. */
MUST_CHECK bool draft_close(struct draft *draft);
/* Gives the file its name, durably. 0, or the exit status after a complaint. */
MUST_CHECK int draft_place(struct draft *draft);
/* Removes a file that has no name yet. Harmless twice. */
void draft_drop(struct draft *draft);
