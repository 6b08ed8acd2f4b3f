/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int notify_open(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!path || !*path || strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path));
    if (*path == '@') /* the abstract namespace */
        address.sun_path[0] = 0;

    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, size) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void notify_last(int fd, const char *state)
{
    if (fd < 0)
        return;
    send(fd, state, strlen(state), MSG_NOSIGNAL);
    close(fd);
}
