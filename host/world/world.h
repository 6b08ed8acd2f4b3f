/* SPDX-License-Identifier: Apache-2.0 */
/* The private world of `glasshsm run`: a pcscd and tokens that nobody else sees.
 *
 * Level 1: user, PID and network namespaces hold pcscd and a glasshsmd for each token, so their
 * ports exist nowhere else and none of them outlives the world; pcscd has a mount namespace too, in
 * which it finds its own empty /run and no driver but vpcd. Level 2, where namespaces are
 * forbidden: the same programs without them; the ports of the readers are open to everybody who
 * reaches this machine. Programs reach the reader through a Unix socket in a private folder
 * (mode 0700): that is all they share with the world.
 *
 * The world ends with world_end(), or when the process that started it dies in any way: its first
 * process holds the other end of a pipe, and removes the folder. Any number of worlds can exist
 * side by side. */
#pragma once

#include <sys/types.h>

#include "host/world/world_request.h"

struct world {
    char folder[WORLD_PATH_SIZE];
    char socket[WORLD_PATH_SIZE]; /* for PCSCLITE_CSOCK_NAME */
    char admin[WORLD_PATH_SIZE];  /* the first daemon's admin socket; see world_admin_path() */
    pid_t first;                  /* the world's first process; 0: none */
    int lifeline;                 /* the world lives as long as this is open */
    unsigned level;
    char level1_forbidden[400]; /* in level 2, when level 1 was tried: one sentence */
    unsigned port;              /* the first reader's */
    uint64_t reached_us[WORLD_STEPS];
};

struct world_reason {
    /* The exit status of a daemon that refused its store or its settings (10 to 23); 0: the reason
     * is another. */
    int refused;
    char sentence[800];  /* what is missing, and what to do about it */
    char messages[1200]; /* the last lines that pcscd and daemon wrote; may be empty */
};

/* Makes the world and waits until its cards answer. WORLD_REFUSED and any fault fill
 * the reason; nothing is left behind then. */
MUST_CHECK int world_start(const struct world_request *request, struct world *out,
                           struct world_reason *out_reason);
/* Fills the reason why the world ended by itself; wait_status is that of its first process, which
 * has just been waited for. */
void world_explain(const struct world *world, int wait_status, struct world_reason *out_reason);
/* Ends all processes of the world, removes its folder, and returns when nothing is left. Harmless
 * on an empty or ended world. */
void world_end(struct world *world);
