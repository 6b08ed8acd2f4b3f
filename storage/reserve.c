/* SPDX-License-Identifier: Apache-2.0 */
/* Allocates the reserve with fallocate(2). */
#include "storage/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/store.h"

#define STEP 65536 /* allocate in such steps, so that not every commit asks the file system */

static const uint64_t leaves[] = {
    [RESERVE_UNTOUCHED] = 512 * 1024,
    [RESERVE_BEGIN] = 32 * 1024,
    [RESERVE_END] = 0,
};

void reserve_open(struct reserve *r, const char *path)
{
    *r = RESERVE_NONE;
    if (path)
        r->file = open(path, O_RDWR | O_CLOEXEC);
}

void reserve_close(struct reserve *r)
{
    if (r->file >= 0)
        close(r->file);
    *r = RESERVE_NONE;
}

/* Allocates blocks beyond the end of the file, without changing its size. */
int reserve_hold(struct reserve *r, uint64_t size, enum reserve_use use)
{
    size += leaves[use];
    if (r->file < 0 || r->impossible || size <= r->held)
        return 0;
    size = (size + STEP - 1) / STEP * STEP;
    if (fallocate(r->file, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0) {
        r->held = size;
        return 0;
    }
    if (errno == ENOSPC || errno == EDQUOT)
        return use == RESERVE_END ? 0 : STORE_FULL;
    r->impossible = true;
    return 0;
}

void reserve_renew(struct reserve *r)
{
    struct stat facts;
    if (r->file < 0 || fstat(r->file, &facts) != 0)
        return;
    r->held = 0;
    (void)!reserve_hold(r, (uint64_t)facts.st_size, RESERVE_UNTOUCHED); /* or there is none */
}

void reserve_cut(struct reserve *r, uint64_t size)
{
    if (r->held > size)
        r->held = size;
}
