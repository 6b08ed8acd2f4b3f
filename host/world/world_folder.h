/* The private folder of a world: its sockets, its readers' configuration, its messages. */
#pragma once

#include "host/world/world.h"
#include "host/world/world_level.h"

#define WORLD_LOG     "messages"
#define WORLD_READERS "reader.conf"

/* Removes what is in it; it has no folders inside. */
void world_empty_folder(const char *folder);

/* The file, for reading and for appending; -1 with errno. */
int world_open_in(const char *folder, const char *name);

/* Where pcscd will serve, and where the daemons will say that they are ready, as they would to
 * systemd (sd_notify(3)). */
struct world_sockets {
    int listening, notices;
};
MUST_CHECK int world_open_sockets(const struct world *world, struct world_sockets *out);
void world_close_sockets(struct world_sockets *sockets);

/* Their paths. */
void world_socket_path(const char *folder, char out_path[WORLD_PATH_SIZE]);
void world_notices_path(const char *folder, char out_path[WORLD_PATH_SIZE]);
/* The admin socket of a token, counted from 0: admin.sock, admin-2.sock, admin-3.sock ... */
void world_admin_path(const char *folder, unsigned token, char out_path[WORLD_PATH_SIZE]);

/* Writes pcscd's configuration. */
MUST_CHECK int world_write_readers(const char *folder, unsigned tokens,
                                   const struct world_ports *ports);
