/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of a private world: their names, their libraries, and their configuration. */
#pragma once

#include "host/client/reader.h"
#include "host/world/world_level.h"

#define WORLD_READERS "reader.conf"

/* vpcd keeps its state by slot number, so each pair of readers needs a library of its own: the
 * first pair has the installed one, the others have copies. */
enum { READERS_PER_LIBRARY = 2 };

/* The descriptors that pcscd inherits: its socket, where sd_listen_fds(3) expects it, the
 * configuration of its readers, and the libraries one after the other. */
enum { HANDED_SOCKET = 3, HANDED_READERS, HANDED_LIBRARY };

/* The name of the two readers that one copy of the vpcd library serves; pcscd adds " 00 00" and "
 * 00 01". Each copy needs a name of its own: pcscd would give the readers of two copies the same
 * names. */
void world_name_readers(unsigned tokens, unsigned library, char out_name[READER_NAME_SIZE]);

/* The name that pcscd gives to the reader of a token, counted from 0. */
void world_name_reader(unsigned tokens, unsigned token, char out_name[READER_NAME_SIZE]);

/* Writes the readers' configuration for pcscd, reader.conf. */
MUST_CHECK int world_write_readers(const char *folder, unsigned tokens,
                                   const struct world_ports *ports);
