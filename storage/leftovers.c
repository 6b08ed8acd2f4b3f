#include "storage/leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/failure.h"

static int overwrite(int file)
{
    struct stat facts;
    uint8_t block[4096];
    if (fstat(file, &facts) != 0)
        return -1;
    for (off_t at = 0; at < facts.st_size; at += (off_t)sizeof block) {
        randombytes_buf(block, sizeof block);
        if (pwrite(file, block, sizeof block, at) != (ssize_t)sizeof block)
            return -1;
    }
    return fsync(file);
}

int destroy_file(const char *path)
{
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return errno == ENOENT ? 0 : failure(FAULT_DISK, "cannot open %.100s: %m", path);
    int r = overwrite(file) ? failure(FAULT_DISK, "cannot overwrite %.100s: %m", path) : 0;
    close(file);
    if (!r && unlink(path) != 0)
        r = failure(FAULT_DISK, "cannot remove %.100s: %m", path);
    return r;
}

/* What may lie in a store's folder beside its own files: copies that nobody came for, and what a
 * cut left of one that was being made. */
static const char *const leftovers[] = {
    SNAPSHOT_NAME,
    SNAPSHOT_NAME SNAPSHOT_PART,
    SNAPSHOT_NAME SNAPSHOT_PART "-wal",
    SNAPSHOT_NAME SNAPSHOT_PART "-journal",
    "token.db" SNAPSHOT_PART,
    "token.db" SNAPSHOT_PART "-wal",
    "token.db" SNAPSHOT_PART "-journal",
    "token.db-journal",
};

int destroy_leftovers(const char *folder)
{
    char path[PATH_MAX];
    int r = 0;
    for (size_t i = 0; !r && i < COUNT_OF(leftovers); i++) {
        if (snprintf(path, sizeof path, "%s/%s", folder, leftovers[i]) >= (int)sizeof path)
            return failure(FAULT_DISK, "the path of %.100s is too long", folder);
        r = destroy_file(path);
    }
    return r;
}
