/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of the system that are closed when their scope ends:
 *
 *     SCOPED(close_fd) int file = open(path, O_RDONLY | O_CLOEXEC); */
#pragma once

#include <unistd.h>

#include "base/scope.h"

/* Closes the descriptor and makes it -1; harmless on -1. */
static inline void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
