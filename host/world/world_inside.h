/* The first process of a private world: starts pcscd and the daemons, and waits for the end. */
#pragma once

#include "host/world/world.h"
#include "host/world/world_level.h"

#define VPCD_DRIVERS "/usr/lib/pcsc/drivers/serial"
#define VPCD_LIBRARY VPCD_DRIVERS "/libifdvpcd.so"

/* vpcd keeps its state by slot number, so each pair of readers has a library of its own: the first
 * the installed one, further ones copies. */
enum { READERS_PER_LIBRARY = 2 };

/* The descriptors that pcscd is handed: its socket, where sd_listen_fds(3) expects it, its
 * readers' configuration, and the libraries one after the other. */
enum { HANDED_SOCKET = 3, HANDED_READERS, HANDED_LIBRARY };

struct world_plan {
    const struct world_level *level;
    const char *folder; /* private, seen from inside under the same name */
    const char *pcscd;
    const struct world_request *request;
    const struct world_ports *ports;
    int listening; /* the socket on which pcscd will serve */
    int lifeline;  /* one byte: it is settled, go on; end of file: end the world */
};

/* Its exit status. */
enum world_end {
    WORLD_END_ASKED = 0,
    WORLD_END_PCSCD = 2,
    WORLD_END_DAEMON = 3,
    WORLD_END_SETUP = 100, /* a step failed; the messages say which. Neither program ends so */
};

/* What the first process does, standard output and error going to the messages. */
_Noreturn void world_inside(const struct world_plan *plan);
