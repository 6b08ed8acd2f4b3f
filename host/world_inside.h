/* The first process inside a private world: starts pcscd and the daemon, and waits for the end. */
#pragma once

#include "base/bytes.h"

#define VPCD_PORT     35963
#define VPCD_DRIVERS  "/usr/lib/pcsc/drivers/serial"
#define VPCD_LIBRARY  "libifdvpcd.so"
#define PCSCD_DRIVERS "/usr/lib/pcsc/drivers" /* where pcscd looks; compiled into it */
#define WORLD_LOG     "messages"
#define WORLD_READERS "reader.conf"
#define WORLD_SOCKET  "pcscd.comm"
#define WORLD_NOTICES "notices"
#define WORLD_ADMIN   "admin.sock"

struct world_plan {
    const char *folder; /* private, seen from inside under the same name */
    const char *pcscd;
    const char *daemon;
    const char *store; /* NULL: in memory */
    const char *admin;
    int listening; /* the socket on which pcscd will serve */
    int lifeline;  /* one byte: user ids are mapped, go on; end of file: end the world */
};

/* Its exit status. */
enum world_end {
    WORLD_END_ASKED = 0,
    WORLD_END_SETUP = 1, /* a step failed; the messages say which */
    WORLD_END_PCSCD = 2,
    WORLD_END_DAEMON = 3,
};

/* Runs as process 1 of the new namespaces, standard output and error going to the messages. */
_Noreturn void world_inside(const struct world_plan *plan);

/* Removes the private folder with all it holds; it has no folders inside. */
void world_remove_folder(const char *folder);
