/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/world/listeners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_LISTEN = 0x0A };

/* Addresses are printed as the 32-bit words that memory holds, in the host's order. */
static bool is_loopback(const char *address)
{
    static const char v6[] = "00000000000000000000000001000000";
    static const char v4_in_v6[] = "0000000000000000FFFF0000";
    size_t size = strlen(address);
    if (size == 8)
        return strcmp(address + 6, "7F") == 0; /* 127.0.0.0/8 */
    return strcmp(address, v6) == 0 ||
           (size == 32 && strncmp(address, v4_in_v6, strlen(v4_in_v6)) == 0 &&
            strcmp(address + 30, "7F") == 0);
}

void listeners_take_line(struct listeners *out, const char *line, uint16_t port)
{
    char address[33];
    unsigned local, state;
    if (sscanf(line, " %*u: %32[0-9A-F]:%4x %*[0-9A-F:] %2x", address, &local, &state) != 3 ||
        local != port || state != STATE_LISTEN)
        return;
    out->any = true;
    out->everyone |= !is_loopback(address);
}

void listeners_read(struct listeners *out, const char *path, uint16_t port)
{
    FILE *table = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    while (table && getline(&line, &room, table) > 0)
        listeners_take_line(out, line, port);
    free(line);
    if (table)
        fclose(table);
}
