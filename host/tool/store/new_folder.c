/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/store/new_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/failure.h"
#include "host/tool/cli/complain.h"
#include "storage/leftovers.h"
#include "storage/snapshot.h"

#define ENDING ".new-"

static size_t length_of(const char *folder)
{
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    return length;
}

/* The folder itself, and nothing that a link of this name leads to. */
static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_at(int folder, const char *path)
{
    struct stat opened, named;
    return fstat(folder, &opened) == 0 && lstat(path, &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static void destroy(int folder, const char *path)
{
    if (unfinished_destroy(folder))
        tool_complain(0, "%s: %s", path, failure_last()->cause);
    else if (!is_at(folder, path))
        tool_complain(0, "%s was moved away", path);
    else if (rmdir(path) != 0)
        tool_complain(0, "cannot remove %s: %s", path, strerror(errno));
}

/* Removes the folder if a killed program of this user left it while it was making it. One that is
 * still made is locked. */
static void remove_stale(const char *path)
{
    SCOPED(close_fd) int folder = open_folder(path);
    if (folder >= 0 && unfinished_is(folder) && flock(folder, LOCK_EX | LOCK_NB) == 0)
        destroy(folder, path);
}

/* Removes all such folders. Characters of the name that glob(3) would take for a pattern are
 * escaped. */
static void remove_all_stale(const char *folder, size_t length)
{
    char pattern[PATH_MAX];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%.*s" ENDING "??????", (int)length, folder);
    for (size_t i = 0; i < length; i++)
        if (strchr("*[\\", pattern[i]))
            pattern[i] = '?';
    if (glob(pattern, GLOB_ONLYDIR, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (strncmp(found.gl_pathv[i], folder, length) == 0)
            remove_stale(found.gl_pathv[i]);
    globfree(&found);
}

static bool begin(struct new_folder *fresh)
{
    fresh->folder = open_folder(fresh->path);
    struct stat facts;
    if (fresh->folder >= 0 && fstat(fresh->folder, &facts) == 0 && facts.st_uid == geteuid() &&
        unfinished_mark(fresh->folder))
        return true;
    int error = errno;
    rmdir(fresh->path);
    errno = error;
    return false;
}

bool new_folder_make(struct new_folder *fresh, const char *folder)
{
    size_t length = length_of(folder);
    errno = ENAMETOOLONG;
    if (length > sizeof fresh->path - 16)
        return false;
    remove_all_stale(folder, length);
    snprintf(fresh->path, sizeof fresh->path, "%.*s" ENDING "XXXXXX", (int)length, folder);
    return mkdtemp(fresh->path) && begin(fresh);
}

void new_folder_lock(struct new_folder *fresh)
{
    fresh->locked = flock(fresh->folder, LOCK_EX | LOCK_NB) == 0;
}

void new_folder_unlock(struct new_folder *fresh)
{
    if (fresh->locked)
        flock(fresh->folder, LOCK_UN);
    fresh->locked = false;
}

void new_folder_hold(struct new_folder *fresh)
{
    static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaddset(&set, ending[i]);
    fresh->holds = sigprocmask(SIG_BLOCK, &set, &fresh->before) == 0;
}

int new_folder_place(struct new_folder *fresh, const char *folder)
{
    if (!is_at(fresh->folder, fresh->path))
        return tool_complain(TOOL_FAILED, "%s was moved away", fresh->path);
    if (rename(fresh->path, folder) != 0)
        return tool_complain(TOOL_FAILED, "%s: %s", folder, strerror(errno));
    snprintf(fresh->path, sizeof fresh->path, "%s", folder);
    if (unlinkat(fresh->folder, UNFINISHED_NAME, 0) != 0)
        return tool_complain(TOOL_FAILED, "%s/%s: %s", folder, UNFINISHED_NAME, strerror(errno));
    return store_sync_name(folder) ? tool_complain(TOOL_FAILED, "%s", failure_last()->cause) : 0;
}

void new_folder_remove(const struct new_folder *fresh)
{
    destroy(fresh->folder, fresh->path);
}

void new_folder_release(struct new_folder *fresh)
{
    fresh->locked = false;
    close_fd(&fresh->folder);
    fresh->folder = -1;
    if (fresh->holds)
        sigprocmask(SIG_SETMASK, &fresh->before, NULL);
    fresh->holds = false;
}
