#include "host/tool/store/new_folder.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "host/tool/cli/complain.h"
#include "storage/lock.h"
#include "storage/snapshot.h"

#define ENDING ".new-"

static size_t length_of(const char *folder)
{
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    return length;
}

static void destroy(const char *path)
{
    const struct store_place place = { .folder = path, .unlock = UNLOCK_KEY_FILE };
    if (destroy_files(&place))
        tool_complain(0, "%s", failure_last()->cause);
}

/* Removes the folder unless a program that still makes it holds its lock. */
static void remove_stale(const char *path)
{
    struct folder_lock lock = LOCK_NONE;
    if (lock_take(&lock, path, LOCK_TO_CHANGE) == 0)
        destroy(path);
    lock_release(&lock);
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

bool new_folder_make(struct new_folder *new, const char *folder)
{
    size_t length = length_of(folder);
    if (length > sizeof new->path - 16)
        return false;
    remove_all_stale(folder, length);
    snprintf(new->path, sizeof new->path, "%.*s" ENDING "XXXXXX", (int)length, folder);
    return mkdtemp(new->path);
}

void new_folder_lock(struct new_folder *new)
{
    new->locked = lock_take(&new->lock, new->path, LOCK_TO_CHANGE) == 0;
}

void new_folder_unlock(struct new_folder *new)
{
    if (new->locked)
        lock_release(&new->lock);
    new->locked = false;
}

void new_folder_hold(struct new_folder *new)
{
    static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaddset(&set, ending[i]);
    new->holds = sigprocmask(SIG_BLOCK, &set, &new->before) == 0;
}

int new_folder_place(const struct new_folder *new, const char *folder)
{
    if (rename(new->path, folder) != 0)
        return tool_complain(TOOL_FAILED, "%s: %s", folder, strerror(errno));
    return store_sync_name(folder) ? tool_complain(TOOL_FAILED, "%s", failure_last()->cause) : 0;
}

void new_folder_remove(const struct new_folder *new)
{
    destroy(new->path);
}

void new_folder_release(struct new_folder *new)
{
    new_folder_unlock(new);
    if (new->holds)
        sigprocmask(SIG_SETMASK, &new->before, NULL);
    new->holds = false;
}
