/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/extents.h"
#include "base/failure.h"

/* Random bytes over a part of the file whose descriptor `context` points to. */
static bool overwrite_part(void *context, off_t at, off_t end)
{
    const int *file = context;
    uint8_t block[4096];
    for (; at < end; at += (off_t)sizeof block) {
        randombytes_buf(block, sizeof block);
        if (pwrite(*file, block, sizeof block, at) != (ssize_t)sizeof block)
            return false;
    }
    return true;
}

/* A link, a pipe and the like have nothing of ours, and opening them must not wait. */
static int destroy_at(int folder, const char *name)
{
    struct stat facts;
    if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : failure(FAULT_DISK, "cannot look at %.100s: %m", name);
    if (S_ISREG(facts.st_mode)) {
        SCOPED(close_fd)
        int file = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (file < 0 || fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode))
            return failure(FAULT_DISK, "cannot open %.100s: %m", name);
        if (!extents_each(file, facts.st_size, overwrite_part, &file) || fsync(file) != 0)
            return failure(FAULT_DISK, "cannot overwrite %.100s: %m", name);
    }
    return unlinkat(folder, name, 0) == 0 ? 0
                                          : failure(FAULT_DISK, "cannot remove %.100s: %m", name);
}

int destroy_file(const char *path)
{
    return destroy_at(AT_FDCWD, path);
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

/* --- Folders that are being made --- */

/* What is in one beside leftovers; the mark goes last. */
static const char *const made[] = {
    "seal.key", "token.db", "token.db-wal", "token.db-shm", "anchor", UNFINISHED_NAME,
};

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_known(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
           is_among(name, made, COUNT_OF(made)) || is_among(name, leftovers, COUNT_OF(leftovers));
}

bool unfinished_mark(int folder)
{
    SCOPED(close_fd)
    int mark = openat(folder, UNFINISHED_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return mark >= 0;
}

static bool is_marked(int folder)
{
    struct stat mark;
    return fstatat(folder, UNFINISHED_NAME, &mark, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(mark.st_mode) && mark.st_uid == geteuid();
}

/* How many entries the folder has; -1: unknown ones, or it cannot be read. */
static int count_known(int folder)
{
    int list = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
    DIR *entries = list >= 0 ? fdopendir(list) : NULL;
    if (!entries) {
        close_fd(&list);
        return -1;
    }
    for (struct dirent *entry; count >= 0 && (entry = readdir(entries));)
        count = is_known(entry->d_name) ? count + (entry->d_name[0] != '.' ||
                                                   strcmp(entry->d_name, UNFINISHED_NAME) == 0)
                                        : -1;
    closedir(entries);
    return count;
}

/* An empty one is also what is left of a making that had just begun, or was almost removed. */
bool unfinished_is(int folder)
{
    struct stat facts;
    if (fstat(folder, &facts) != 0 || facts.st_uid != geteuid() || facts.st_mode & 022)
        return false;
    int count = count_known(folder);
    return count == 0 || (count > 0 && is_marked(folder));
}

int unfinished_destroy(int folder)
{
    int r = 0;
    for (size_t i = 0; !r && i < COUNT_OF(leftovers); i++)
        r = destroy_at(folder, leftovers[i]);
    for (size_t i = 0; !r && i < COUNT_OF(made); i++)
        r = destroy_at(folder, made[i]);
    return r;
}
