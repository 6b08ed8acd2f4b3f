/* SPDX-License-Identifier: Apache-2.0 */
/* Who listens on a TCP port, from the kernel's tables /proc/net/tcp and tcp6. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct listeners {
    bool any;      /* somebody listens */
    bool everyone; /* ... on an address that other machines can reach, or on all */
};

/* Takes one line of such a table into account; headings and lines of other ports or states are
 * ignored. */
void listeners_take_line(struct listeners *out, const char *line, uint16_t port);
/* Reads a whole table; a table that does not exist has no listeners. */
void listeners_read(struct listeners *out, const char *path, uint16_t port);
