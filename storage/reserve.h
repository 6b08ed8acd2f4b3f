/* Space that is kept for what must work on a full medium: logging in, the log, and the end of what
 * was begun. It lies behind the end of the write-ahead log, where the next commits go, and is got
 * from the file system before an ordinary commit may take place; so what fills the medium, here or
 * elsewhere, cannot use it up. Some fifty logins fit.
 *
 * On file systems that cannot promise space there is none, and nothing is refused for that. */
#pragma once

#include "base/bytes.h"

/* What a commit must leave behind it. */
enum reserve_use {
    RESERVE_UNTOUCHED, /* ordinary: all of the reserve */
    RESERVE_BEGIN,     /* room to end what it begins */
    RESERVE_END,       /* nothing */
};

struct reserve {
    int file; /* the write-ahead log; -1: none */
    uint64_t held;
};
#define RESERVE_NONE ((struct reserve){ .file = -1 })

/* The file must be there. Without success, and for path NULL, there is no reserve. */
void reserve_open(struct reserve *r, const char *path);
void reserve_close(struct reserve *r);
/* Makes sure that the file can grow to so many bytes and leave what that use must leave.
 * STORE_FULL. */
MUST_CHECK int reserve_hold(struct reserve *r, uint64_t size, enum reserve_use use);
/* The file was cut short to this at most. */
void reserve_cut(struct reserve *r, uint64_t size);
/* The file was closed by its owner, and perhaps emptied, which gave the space back: gets it again,
 * so that the next start finds it, however full the medium is by then. */
void reserve_renew(struct reserve *r);
