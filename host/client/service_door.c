/* SPDX-License-Identifier: Apache-2.0 */
#include "host/client/service_door.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000 };

static const char machine_socket[] = "/run/pcscd/pcscd.comm"; /* compiled into the library */

static bool ends_without_a_word(int fd)
{
    char byte;
    struct pollfd watched = { .fd = fd, .events = POLLIN };
    return poll(&watched, 1, PATIENCE_MS) > 0 && recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

bool service_hangs_up(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *given = getenv("PCSCLITE_CSOCK_NAME");
    const char *path = given ? given : machine_socket;
    if (strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool ended = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                 ends_without_a_word(fd);
    close(fd);
    return ended;
}
