/* SPDX-License-Identifier: Apache-2.0 */
#include "host/world/world_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/failure.h"

#define SOCKET  "pcscd.comm"
#define NOTICES "notices"

enum { PARENT_MAX = 50 /* a socket's path must fit WORLD_PATH_SIZE */ };

/* --- The folder --- */

static bool is_parent(const char *path)
{
    return path && *path == '/' && strlen(path) <= PARENT_MAX && access(path, W_OK | X_OK) == 0;
}

int world_name_folder(char out_folder[WORLD_PATH_SIZE])
{
    uint8_t chance[8];
    char digits[2 * sizeof chance + 1] = "";
    const char *const parents[] = { getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR") };
    const char *parent = "/tmp";
    for (size_t i = COUNT_OF(parents); i-- > 0;)
        if (is_parent(parents[i]))
            parent = parents[i];
    int r = chance_fill(chance, sizeof chance);
    struct writer text = writer_of(digits, sizeof digits - 1);
    write_hex(&text, SPAN_OF(chance));
    if (!r)
        snprintf(out_folder, WORLD_PATH_SIZE, "%s/glasshsm-%s", parent, digits);
    return r;
}

/* Opens the folder if it is ours and no link: in a folder where everybody may write, another user
 * may have taken the name meanwhile. */
static DIR *open_ours(const char *folder)
{
    struct stat facts;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *listing = NULL;
    if (fd >= 0 && fstat(fd, &facts) == 0 && facts.st_uid == geteuid())
        listing = fdopendir(fd);
    if (fd >= 0 && !listing)
        close(fd);
    return listing;
}

void world_empty_folder(const char *folder)
{
    DIR *listing = open_ours(folder);
    if (!listing)
        return;
    for (struct dirent *entry; (entry = readdir(listing));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlinkat(dirfd(listing), entry->d_name, 0);
    closedir(listing);
}

void world_remove_folder(const char *folder)
{
    world_empty_folder(folder);
    rmdir(folder);
}

int world_open_in(const char *folder, const char *name)
{
    char path[WORLD_PATH_SIZE + 20];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

int world_link_log(const char *folder, const char *kept_log)
{
    char path[WORLD_PATH_SIZE + 20];
    snprintf(path, sizeof path, "%s/" WORLD_LOG, folder);
    if (symlink(kept_log, path) < 0)
        return failure(FAULT_DISK, "%s: %s", path, strerror(errno));
    return 0;
}

/* --- Sockets --- */

void world_socket_path(const char *folder, char out_path[WORLD_PATH_SIZE])
{
    snprintf(out_path, WORLD_PATH_SIZE, "%.70s/" SOCKET, folder);
}

void world_notices_path(const char *folder, char out_path[WORLD_PATH_SIZE])
{
    snprintf(out_path, WORLD_PATH_SIZE, "%.70s/" NOTICES, folder);
}

void world_admin_path(const char *folder, unsigned token, char out_path[WORLD_PATH_SIZE])
{
    if (token == 0)
        snprintf(out_path, WORLD_PATH_SIZE, "%.70s/admin.sock", folder);
    else
        snprintf(out_path, WORLD_PATH_SIZE, "%.70s/admin-%u.sock", folder, token + 1);
}

static int bind_socket(const char *path, int type, int *out)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failure(FAULT_LIBRARY, "socket: %s", strerror(errno));
    *out = fd;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return failure(FAULT_LIBRARY, "%s: %s", path, strerror(errno));
    return 0;
}

int world_open_sockets(const char *folder, struct world_sockets *out)
{
    char service[WORLD_PATH_SIZE], notices[WORLD_PATH_SIZE];
    world_socket_path(folder, service);
    world_notices_path(folder, notices);
    int result = bind_socket(service, SOCK_STREAM, &out->listening);
    if (!result)
        result = bind_socket(notices, SOCK_DGRAM, &out->notices);
    if (!result && listen(out->listening, SOMAXCONN) < 0)
        result = failure(FAULT_LIBRARY, "%s: %s", service, strerror(errno));
    return result;
}

void world_close_sockets(struct world_sockets *sockets)
{
    if (sockets->listening >= 0)
        close(sockets->listening);
    if (sockets->notices >= 0)
        close(sockets->notices);
    *sockets = (struct world_sockets){ -1, -1 };
}
