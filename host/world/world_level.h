/* SPDX-License-Identifier: Apache-2.0 */
/* The two kinds of private world.
 *
 * Level 1 has namespaces of its own: the ports of its readers exist nowhere else, and the kernel
 * ends it as a whole. Level 2 is for machines, such as most containers, where namespaces are
 * forbidden: its ports are open on all addresses of the machine, and its programs die one by one
 * with its first process. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "host/world/world_request.h"

/* The TCP ports on which pcscd waits for the tokens. */
struct world_ports {
    uint16_t number[WORLD_TOKENS_MAX];
    int held[WORLD_TOKENS_MAX]; /* bound sockets, so that nobody else takes these ports */
    unsigned holds;             /* number of sockets in `held` */
};

struct world_level {
    unsigned number;
    /* Chooses a port for each token, which nobody else gets before it is released; false with
     * errno. */
    bool (*choose_ports)(unsigned tokens, struct world_ports *out);
    /* Like fork(2): makes the world's first process, which must wait until settle() was called for
     * it. */
    pid_t (*fork_first)(void);
    bool (*settle)(pid_t first);
    /* Called in the first process, before it starts anything; false with errno. */
    bool (*enter)(void);
    /* Called in the process that becomes pcscd: keeps it from the machine's files and readers;
     * false with errno. */
    bool (*confine_pcscd)(void);
    /* One sentence: what forbids this level, and what to allow. */
    const char *(*forbidden_by)(void);
};

extern const struct world_level world_level1, world_level2;

/* Closes the sockets that hold the ports: pcscd listens now, or nobody will. Harmless when none are
 * held. */
void world_release_ports(struct world_ports *ports);
