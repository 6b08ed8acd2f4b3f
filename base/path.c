/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/descriptor.h"

bool path_folder(const char *path, char *out, size_t size)
{
    char copy[PATH_MAX];
    bool fits = strlen(path) < sizeof copy;
    snprintf(copy, sizeof copy, "%s", fits ? path : "");
    const char *folder = dirname(copy);
    if (fits && strlen(folder) < size) {
        snprintf(out, size, "%s", folder);
        return true;
    }
    errno = ENAMETOOLONG;
    return false;
}

bool path_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    if (!path_folder(path, folder, sizeof folder))
        return false;
    SCOPED(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

static bool stat_folder(const char *path, struct stat *out)
{
    char folder[PATH_MAX];
    return path_folder(path, folder, sizeof folder) && stat(folder, out) == 0;
}

bool path_share_folder(const char *one, const char *other)
{
    struct stat a, b;
    return stat_folder(one, &a) && stat_folder(other, &b) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}
