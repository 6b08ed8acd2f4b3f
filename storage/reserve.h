/* SPDX-License-Identifier: Apache-2.0 */
/* Disk space reserved for what must remain possible on a full medium: logging in, reading and
 * acknowledging the log, and ending operations that were begun. The space lies after the end of the
 * write-ahead log, where the next commits are written, and after the end of the database, into
 * which they are moved: what was deleted can then be overwritten at once. It is allocated before an
 * ordinary commit may take place; so neither this store nor other files that fill the medium can
 * use it up. It is enough for some fifty logins.
 *
 * On file systems that cannot allocate space in advance there is no reserve, and nothing is refused
 * because of that. */
#pragma once

#include "base/bytes.h"

/* How much of the reserve must be left after a commit. */
enum reserve_use {
    RESERVE_UNTOUCHED, /* ordinary commits: all of the reserve */
    RESERVE_BEGIN,     /* enough to end the operation that this commit begins */
    RESERVE_END,       /* nothing: the commit ends an operation */
};

struct reserve {
    int file;        /* the write-ahead log or the database; -1: none */
    uint64_t held;   /* bytes allocated for the file, from its start */
    bool impossible; /* the file system allocates nothing in advance */
};
#define RESERVE_NONE ((struct reserve){ .file = -1 })

/* Opens the file, which must exist. When that fails, and for path NULL, there is no reserve. */
void reserve_open(struct reserve *r, const char *path);
/* For the database: only once SQLite has closed it, since closing any descriptor of a file gives up
 * the process's record locks on it (fcntl(2)). */
void reserve_close(struct reserve *r);
/* Makes sure that the file can grow to `size` bytes with as much left as `use` demands.
 * STORE_FULL. */
MUST_CHECK int reserve_hold(struct reserve *r, uint64_t size, enum reserve_use use);
/* Tells that the file was truncated to `size` bytes at most. */
void reserve_cut(struct reserve *r, uint64_t size);
/* Allocates the space again after SQLite has closed, and perhaps truncated, the file, which gave
 * the space back: so the next start finds it, however full the medium is by then. */
void reserve_renew(struct reserve *r);
