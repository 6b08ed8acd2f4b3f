/* SPDX-License-Identifier: Apache-2.0 */
/* The private folder of a world: its sockets, the configuration of its readers, its messages. */
#pragma once

#include "host/world/world_request.h"

#define WORLD_LOG "messages"

/* Chooses an unused folder name, for request.folder. A caller that starts a world in another
 * process names its folder, and removes it when that process was killed. */
MUST_CHECK int world_name_folder(char out_folder[WORLD_PATH_SIZE]);
/* Removes a world's folder with all it holds. Harmless when it is gone. */
void world_remove_folder(const char *folder);

/* Removes the files in the folder, which has no folders inside. */
void world_empty_folder(const char *folder);

/* Opens a file of the folder for reading and appending, creating it; -1 with errno. */
int world_open_in(const char *folder, const char *name);

/* Makes the file of messages a link to one elsewhere, which stays when the folder is removed. */
MUST_CHECK int world_link_log(const char *folder, const char *kept_log);

/* listening: the socket on which pcscd will serve. notices: the one on which the daemons say that
 * they are ready, as to systemd (sd_notify(3)). */
struct world_sockets {
    int listening, notices;
};
MUST_CHECK int world_open_sockets(const char *folder, struct world_sockets *out);
void world_close_sockets(struct world_sockets *sockets);

/* The paths of these two sockets. */
void world_socket_path(const char *folder, char out_path[WORLD_PATH_SIZE]);
void world_notices_path(const char *folder, char out_path[WORLD_PATH_SIZE]);
/* The admin socket of a token, counted from 0: admin.sock, admin-2.sock, admin-3.sock ... */
void world_admin_path(const char *folder, unsigned token, char out_path[WORLD_PATH_SIZE]);
