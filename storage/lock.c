/* SPDX-License-Identifier: Apache-2.0 */
/* Locks the folder with flock(2), and finds the holder of the lock in /proc/locks by inode. */
#include "storage/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"

#define WAIT_MS 20
#define WAITS   500

/* Whether all holders only look, so that the lock can be shared. */
static bool only_looked_at(int file)
{
    if (flock(file, LOCK_SH | LOCK_NB) != 0)
        return false;
    flock(file, LOCK_UN);
    return true;
}

static int lock(int file, enum lock_use use)
{
    static const struct timespec a_while = { .tv_nsec = WAIT_MS * 1000000L };
    if (use == LOCK_TO_LOOK)
        return flock(file, LOCK_SH | LOCK_NB);
    int r = flock(file, LOCK_EX | LOCK_NB);
    for (int i = 0; r && errno == EWOULDBLOCK && i < WAITS; i++) {
        if (!only_looked_at(file)) {
            errno = EWOULDBLOCK;
            return r;
        }
        nanosleep(&a_while, NULL);
        r = flock(file, LOCK_EX | LOCK_NB);
    }
    return r;
}

int lock_take(struct folder_lock *out, const char *folder, enum lock_use use)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return LOCK_DENIED;
    if (lock(file, use) == 0) {
        out->folder = file;
        return 0;
    }
    int cause = errno;
    close(file);
    errno = cause;
    return cause == EWOULDBLOCK ? LOCK_HELD : failure(FAULT_DISK, "cannot lock the folder: %m");
}

void lock_release(struct folder_lock *lock)
{
    if (lock->folder >= 0)
        close(lock->folder);
    *lock = LOCK_NONE;
}

/* A line reads "7: FLOCK  ADVISORY  WRITE 123 fd:01:5678 0 EOF". The device is not compared: on
 * layered file systems it differs from what stat tells. */
static long pid_of_holder(ino_t inode)
{
    FILE *locks = fopen("/proc/locks", "re");
    char line[256];
    long found = 0;
    while (locks && !found && fgets(line, sizeof line, locks)) {
        long pid;
        unsigned long long locked;
        if (sscanf(line, "%*s FLOCK %*s %*s %ld %*x:%*x:%llu", &pid, &locked) == 2 &&
            locked == inode)
            found = pid;
    }
    if (locks)
        fclose(locks);
    return found > 0 ? found : 0;
}

static bool name_of_process(long pid, char *out, size_t size)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    bool known = file && fgets(out, (int)size, file);
    if (file)
        fclose(file);
    if (known)
        out[strcspn(out, "\n")] = '\0';
    return known;
}

void lock_holder(const char *folder, char *out, size_t size)
{
    struct stat facts;
    char name[32];
    long pid = stat(folder, &facts) == 0 ? pid_of_holder(facts.st_ino) : 0;
    if (!pid)
        snprintf(out, size, "another process");
    else if (name_of_process(pid, name, sizeof name))
        snprintf(out, size, "process %ld (%s)", pid, name);
    else
        snprintf(out, size, "process %ld", pid);
}
