/* SPDX-License-Identifier: Apache-2.0 */
/* The first process of a private world: starts pcscd and the daemons, and waits for the end. */
#pragma once

#include "host/world/world_level.h"
#include "host/world/world_request.h"

struct world_plan {
    const struct world_level *level;
    const char *folder; /* private; the same path inside and outside */
    const char *pcscd;
    const struct world_request *request;
    const struct world_ports *ports;
    int listening; /* the socket on which pcscd will serve */
    /* One byte: the process is settled (world_level.h) and may begin; end of file: end it. */
    int lifeline;
};

/* The exit status of the first process. */
enum world_end {
    WORLD_END_ASKED = 0,
    WORLD_END_PCSCD = 2,
    WORLD_END_DAEMON = 3,
    /* These are the daemon's own, which says with them what it refuses (docs/ARCHITECTURE.md). */
    WORLD_END_REFUSED_FIRST = 10,
    WORLD_END_REFUSED_LAST = 23,
    /* A step failed; the messages say which. pcscd and daemon never end with it. */
    WORLD_END_SETUP = 100,
};

/* Runs the first process; standard output and error go to the messages. */
_Noreturn void world_inside(const struct world_plan *plan);
