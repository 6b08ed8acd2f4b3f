/* The two kinds of private world.
 *
 * Level 1 has namespaces of its own: the ports of its readers exist nowhere else, and the kernel
 * ends it as a whole. Level 2 is for where those are forbidden, in most containers: its ports are
 * open on all addresses of the machine, and its programs die with its first process, one by one. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "host/world/world.h"

/* The TCP ports at which pcscd waits for the tokens. */
struct world_ports {
    uint16_t number[WORLD_TOKENS_MAX];
    int held[WORLD_TOKENS_MAX]; /* sockets that keep others from these ports */
    unsigned holds;             /* how many of them */
};

struct world_level {
    unsigned number;
    /* Ports for so many tokens, which nobody else gets before they are released; false with errno.
     */
    bool (*choose_ports)(unsigned tokens, struct world_ports *out);
    /* Like fork(2): makes the first process, which must wait until it is settled. */
    pid_t (*fork_first)(void);
    bool (*settle)(pid_t first);
    /* In the first process, before it starts anything; false with errno. */
    bool (*enter)(void);
    /* In the process that becomes pcscd: keeps it from what is the machine's; false with errno. */
    bool (*confine_pcscd)(void);
    /* One sentence: what forbids it, and what to allow. */
    const char *(*forbidden_by)(void);
};

extern const struct world_level world_level1, world_level2;

/* Lets go of the ports: pcscd listens, or nobody will. Harmless when none are held. */
void world_release_ports(struct world_ports *ports);
