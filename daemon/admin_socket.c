/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/admin_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/failure.h"
#include "base/path.h"

/* Who wants a brief connection waits there, and comes in turn: 80 a second (admin.h). */
#define BACKLOG 128

/* Whether a living daemon has the socket; one whose backlog is full is alive, too. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
                   (errno == ECONNREFUSED || errno == ENOENT);
    if (fd >= 0)
        close(fd);
    return !refused;
}

/* Removes the socket of a dead daemon. */
static int make_way(const struct sockaddr_un *address)
{
    struct stat facts;
    if (lstat(address->sun_path, &facts) < 0)
        return 0; /* nothing is there, or bind() will report the error */
    if (!S_ISSOCK(facts.st_mode))
        return failure(FAULT_DISK, "%s is there, and no socket", address->sun_path);
    if (is_alive(address))
        return failure(FAULT_DISK, "another daemon listens at %s", address->sun_path);
    unlink(address->sun_path);
    return 0;
}

/* Serialises daemons that start in one folder: between our look at the name and bind() nobody else
 * takes it. A process that holds the lock for long is no daemon; we go on without the lock then. */
static int lock_folder_of(const char *path)
{
    static const struct timespec nap = { .tv_nsec = 10 * 1000 * 1000 };
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    int fd = path_folder(path, folder, sizeof folder)
                 ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                 : -1;
    for (int tries = 0; fd >= 0 && tries < 100 && flock(fd, LOCK_EX | LOCK_NB) < 0; tries++)
        nanosleep(&nap, NULL);
    return fd;
}

static int take_name(struct admin_socket *out, int fd, const struct sockaddr_un *address)
{
    struct stat facts;
    SCOPED(close_fd) int lock = lock_folder_of(address->sun_path);
    int r = make_way(address);
    if (r)
        return r;
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ||
        listen(fd, BACKLOG) < 0 || lstat(address->sun_path, &facts) < 0)
        return failure(FAULT_DISK, "no admin socket at %s: %s", address->sun_path, strerror(errno));
    out->device = facts.st_dev;
    out->number = facts.st_ino;
    return 0;
}

int admin_socket_open(struct admin_socket *out, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path)
        return failure(FAULT_DISK, "the path of the admin socket is too long");
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return failure(FAULT_DISK, "no admin socket: %s", strerror(errno));
    int r = take_name(out, fd, &address);
    if (r) {
        close(fd);
        return r;
    }
    out->fd = fd;
    memcpy(out->path, address.sun_path, sizeof out->path);
    return 0;
}

static void remove_own(const struct admin_socket *own)
{
    struct stat facts;
    SCOPED(close_fd) int lock = lock_folder_of(own->path);
    if (lstat(own->path, &facts) == 0 && facts.st_dev == own->device && facts.st_ino == own->number)
        unlink(own->path);
}

void admin_socket_close(struct admin_socket *own)
{
    if (own->fd < 0)
        return;
    remove_own(own);
    close_fd(&own->fd);
}
