/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/store/passphrase_once.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/secret.h"
#include "host/tool/cli/complain.h"

enum { ROOM = 4096 }; /* a page; more is no passphrase */

static bool is_regular(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

static bool make_room(struct passphrase_once *held)
{
    held->file = memfd_create("passphrase", MFD_CLOEXEC);
    if (held->file < 0 || fchmod(held->file, 0600) != 0 || ftruncate(held->file, ROOM) != 0)
        return false;
    void *at = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, held->file, 0);
    held->at = at == MAP_FAILED ? NULL : at;
    return held->at && mlock(held->at, ROOM) == 0 && madvise(held->at, ROOM, MADV_DONTDUMP) == 0;
}

/* The first line, with its end if it has one. False, with errno: it cannot be read. */
static bool read_line(int from, struct passphrase_once *held)
{
    size_t size = 0;
    ssize_t some = 1;
    while (some > 0 && size < ROOM && !memchr(held->at, '\n', size)) {
        some = read(from, (char *)held->at + size, ROOM - size);
        size += some > 0 ? (size_t)some : 0;
    }
    if (some >= 0 && size == 0)
        ((char *)held->at)[size++] = '\n'; /* a line without anything */
    return some >= 0 && ftruncate(held->file, (off_t)size) == 0;
}

int passphrase_once_hold(struct passphrase_once *out, const char **inout_path)
{
    *out = PASSPHRASE_ONCE_NONE;
    if (!*inout_path || is_regular(*inout_path))
        return 0;
    SCOPED(close_fd) int from = open(*inout_path, O_RDONLY | O_CLOEXEC);
    if (from < 0 || !make_room(out) || !read_line(from, out)) {
        int status = tool_complain(TOOL_STORE_LOCKED, "%s: %s", *inout_path, strerror(errno));
        passphrase_once_release(out);
        return status;
    }
    snprintf(out->path, sizeof out->path, "/dev/fd/%d", out->file);
    *inout_path = out->path;
    return 0;
}

void passphrase_once_release(struct passphrase_once *held)
{
    if (held->at) {
        secret_wipe(held->at, ROOM);
        munmap(held->at, ROOM);
    }
    close_fd(&held->file);
    *held = PASSPHRASE_ONCE_NONE;
}
