/* The first process inside a private world: starts pcscd and the daemons, and waits for the end. */
#pragma once

#include "host/world.h"

#define VPCD_PORT     35963
#define VPCD_DRIVERS  "/usr/lib/pcsc/drivers/serial"
#define VPCD_LIBRARY  "libifdvpcd.so"
#define PCSCD_DRIVERS "/usr/lib/pcsc/drivers" /* where pcscd looks; compiled into it */
#define WORLD_LOG     "messages"
#define WORLD_READERS "reader.conf"
#define WORLD_SOCKET  "pcscd.comm"
#define WORLD_NOTICES "notices"

/* vpcd keeps its state by slot number, so each pair of readers has a library of its own: the first
 * the installed one, further ones copies, which world_inside() puts here. */
#define VPCD_COPY_FORMAT "/run/vpcd-%u.so"
enum { READERS_PER_LIBRARY = 2 };

struct world_plan {
    const char *folder; /* private, seen from inside under the same name */
    const char *pcscd;
    const struct world_request *request;
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

/* The admin socket of a token, counted from 0: admin.sock, admin-2.sock, admin-3.sock ... */
void world_admin_path(const char *folder, unsigned token, char out_path[WORLD_PATH_SIZE]);

/* Removes the private folder with all it holds; it has no folders inside. */
void world_remove_folder(const char *folder);
