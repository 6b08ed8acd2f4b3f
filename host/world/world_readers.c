/* SPDX-License-Identifier: Apache-2.0 */
#include "host/world/world_readers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "host/world/world_folder.h"

/* --- Names --- */

void world_name_readers(unsigned tokens, unsigned library, char out_name[READER_NAME_SIZE])
{
    unsigned first = library * READERS_PER_LIBRARY + 1;
    if (tokens <= READERS_PER_LIBRARY)
        snprintf(out_name, READER_NAME_SIZE, "Glass HSM");
    else
        snprintf(out_name, READER_NAME_SIZE, "Glass HSM %u-%u", first,
                 first + READERS_PER_LIBRARY - 1);
}

void world_name_reader(unsigned tokens, unsigned token, char out_name[READER_NAME_SIZE])
{
    world_name_readers(tokens, token / READERS_PER_LIBRARY, out_name);
    size_t size = strlen(out_name);
    snprintf(out_name + size, READER_NAME_SIZE - size, " 00 %02X", token % READERS_PER_LIBRARY);
}

/* --- Configuration --- */

/* Writes the entry of pcscd's configuration for the readers of one copy of the library. */
static int write_library(int fd, unsigned tokens, unsigned library, unsigned port)
{
    char name[READER_NAME_SIZE];
    world_name_readers(tokens, library, name);
    return dprintf(fd,
                   "FRIENDLYNAME \"%s\"\nDEVICENAME /dev/null:0x%X\nLIBPATH /proc/self/fd/%u\n"
                   "CHANNELID 0x%X\n",
                   name, port, HANDED_LIBRARY + library, port);
}

int world_write_readers(const char *folder, unsigned tokens, const struct world_ports *ports)
{
    int fd = world_open_in(folder, WORLD_READERS);
    if (fd < 0)
        return failure(FAULT_DISK, "%s: %s", folder, strerror(errno));
    int written = 1;
    for (unsigned first = 0; first < tokens && written > 0; first += READERS_PER_LIBRARY)
        written = write_library(fd, tokens, first / READERS_PER_LIBRARY, ports->number[first]);
    close(fd);
    return written > 0 ? 0 : failure(FAULT_DISK, "%s: %s", folder, strerror(errno));
}
