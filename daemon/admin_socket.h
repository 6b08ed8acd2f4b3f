/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket of the admin requests, and its name in the file system. */
#pragma once

#include <sys/types.h>

#include "base/scope.h"

struct admin_socket {
    int fd; /* -1: not listening */
    char path[108];
    dev_t device; /* with `number`: our socket's file, so that no other is removed */
    ino_t number;
};
#define ADMIN_SOCKET_NONE ((struct admin_socket){ .fd = -1 })

/* Listens at path, of at most 107 bytes, which only this user can reach. Replaces a socket that a
 * dead daemon left there, but no other file. Fault: FAULT_DISK. */
MUST_CHECK int admin_socket_open(struct admin_socket *out, const char *path);
/* Closes the socket and removes its file if that is still ours. Harmless twice. */
void admin_socket_close(struct admin_socket *own);
