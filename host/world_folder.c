#include "host/world_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/failure.h"
#include "host/world_card.h"
#include "host/world_inside.h"

#define SOCKET  "pcscd.comm"
#define NOTICES "notices"

enum { PARENT_MAX = 50 /* a socket's path must fit WORLD_PATH_SIZE */ };

/* --- The folder --- */

static bool make_folder_in(const char *parent, struct world *world)
{
    if (!parent || *parent != '/' || strlen(parent) > PARENT_MAX)
        return false;
    snprintf(world->folder, sizeof world->folder, "%s/glasshsm-XXXXXX", parent);
    return mkdtemp(world->folder) != NULL;
}

bool world_make_folder(struct world *world)
{
    if (!make_folder_in(getenv("XDG_RUNTIME_DIR"), world) &&
        !make_folder_in(getenv("TMPDIR"), world) && !make_folder_in("/tmp", world)) {
        world->folder[0] = '\0';
        return false;
    }
    snprintf(world->socket, sizeof world->socket, "%.70s/" SOCKET, world->folder);
    world_admin_path(world->folder, 0, world->admin);
    return true;
}

void world_empty_folder(const char *folder)
{
    DIR *listing = opendir(folder);
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

/* --- Sockets --- */

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

int world_open_sockets(const struct world *world, struct world_sockets *out)
{
    char notices[WORLD_PATH_SIZE];
    world_notices_path(world->folder, notices);
    int result = bind_socket(world->socket, SOCK_STREAM, &out->listening);
    if (!result)
        result = bind_socket(notices, SOCK_DGRAM, &out->notices);
    if (!result && listen(out->listening, SOMAXCONN) < 0)
        result = failure(FAULT_LIBRARY, "%s: %s", world->socket, strerror(errno));
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

/* --- Readers --- */

/* The readers of one library, as pcscd's configuration has them. */
static int write_library(int fd, unsigned tokens, unsigned library, unsigned port)
{
    char name[READER_NAME_SIZE];
    world_name_readers(tokens, library, name);
    return dprintf(fd,
                   "FRIENDLYNAME \"%s\"\nDEVICENAME /dev/null:0x%X\nLIBPATH /proc/self/fd/%u\n"
                   "CHANNELID 0x%X\n",
                   name, port, HANDED_LIBRARY + library, port);
}

int world_write_readers(const char *folder, unsigned tokens, const struct world_ports *ports)
{
    int fd = world_open_in(folder, WORLD_READERS);
    if (fd < 0)
        return failure(FAULT_DISK, "%s: %s", folder, strerror(errno));
    int written = 1;
    for (unsigned first = 0; first < tokens && written > 0; first += READERS_PER_LIBRARY)
        written = write_library(fd, tokens, first / READERS_PER_LIBRARY, ports->number[first]);
    close(fd);
    return written > 0 ? 0 : failure(FAULT_DISK, "%s: %s", folder, strerror(errno));
}
