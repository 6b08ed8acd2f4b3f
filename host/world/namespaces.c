/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and joins user, PID and network namespaces, and maps ids into them. */
#include "host/world/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/scope.h"

/* Kernel settings that forbid namespaces, and the value that does. */
static const struct {
    const char *path, *value, *sentence;
} forbidden[] = {
    { "/proc/sys/kernel/unprivileged_userns_clone", "0",
      "user namespaces are forbidden here; allow them with: "
      "sysctl kernel.unprivileged_userns_clone=1" },
    { "/proc/sys/user/max_user_namespaces", "0",
      "user namespaces are forbidden here; allow them with: "
      "sysctl user.max_user_namespaces=10000" },
    { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
      "AppArmor restricts user namespaces here; allow them with: "
      "sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
};

static bool file_says(const char *path, const char *value)
{
    char text[16] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    return size > 0 && strcmp(strtok(text, "\n"), value) == 0;
}

const char *namespaces_forbidden_by(void)
{
    for (size_t i = 0; i < COUNT_OF(forbidden); i++)
        if (file_says(forbidden[i].path, forbidden[i].value))
            return forbidden[i].sentence;
    return "the kernel or this container forbids user, mount, PID or network namespaces; a "
           "container's seccomp and AppArmor profiles must allow them (docker run: --security-opt "
           "seccomp=unconfined --security-opt apparmor=unconfined)";
}

static bool write_proc(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = write(fd, text, strlen(text));
    close(fd);
    return size == (ssize_t)strlen(text);
}

/* Maps every id to itself, so that a superuser's daemon may open stores of other users. In a
 * container, the ids that exist can be fewer than all. */
static bool map_all(pid_t pid, const char *name)
{
    char path[32], map[512] = "";
    size_t size = 0;
    unsigned long first, outside, count;
    snprintf(path, sizeof path, "/proc/self/%s", name);
    FILE *own = fopen(path, "re");
    if (!own)
        return false;
    while (fscanf(own, "%lu %lu %lu", &first, &outside, &count) == 3 && size < sizeof map - 64)
        size +=
            (size_t)snprintf(map + size, sizeof map - size, "%lu %lu %lu\n", first, first, count);
    fclose(own);
    return size && write_proc(pid, name, map);
}

/* Maps one id, so that no other exists inside: all that an ordinary user may ask for. */
static bool map_one(pid_t pid, const char *name, unsigned inside, unsigned outside)
{
    char map[40];
    snprintf(map, sizeof map, "%u %u 1\n", inside, outside);
    return write_proc(pid, name, map);
}

static bool map_ids(pid_t pid)
{
    if (geteuid() == 0 && map_all(pid, "uid_map"))
        return map_all(pid, "gid_map");
    return map_one(pid, "uid_map", 0, geteuid()) && write_proc(pid, "setgroups", "deny") &&
           map_one(pid, "gid_map", 0, getegid());
}

/* In a user namespace even a superuser's daemon may lock no more memory than the limit says; for an
 * ordinary user this changes nothing. */
static void unlock_memory_limit(pid_t pid)
{
    const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
    prlimit(pid, RLIMIT_MEMLOCK, &none, NULL);
}

pid_t namespaces_fork(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | SIGCHLD, NULL,
                          NULL, NULL, NULL);
}

bool namespaces_settle(pid_t child)
{
    unlock_memory_limit(child);
    return map_ids(child);
}

/* --- Joining --- */

static int open_namespace(pid_t pid, const char *kind)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* In the user namespace that owns the network our ids are others, 0 for an ordinary user; one more
 * user namespace gives us our own back. */
static bool become_self_again(uid_t user, gid_t group)
{
    uid_t user_there = geteuid();
    gid_t group_there = getegid();
    if (unshare(CLONE_NEWUSER) < 0)
        return false;
    return map_one(getpid(), "uid_map", user, user_there) &&
           write_proc(getpid(), "setgroups", "deny") &&
           map_one(getpid(), "gid_map", group, group_there);
}

bool namespaces_join_network(pid_t pid)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    SCOPED(close_fd) int owner = open_namespace(pid, "user");
    SCOPED(close_fd) int network = open_namespace(pid, "net");
    if (setns(network, CLONE_NEWNET) == 0)
        return true; /* a superuser joined directly and has kept its ids */
    return setns(owner, CLONE_NEWUSER) == 0 && setns(network, CLONE_NEWNET) == 0 &&
           become_self_again(user, group);
}
