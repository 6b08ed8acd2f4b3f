/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/smaps.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

bool smaps_has_flag(const void *address, const char *flag)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false, found = false;
    while (maps && !found && fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            inside = (uintptr_t)address >= start && (uintptr_t)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, flag) != NULL;
    }
    if (maps)
        fclose(maps);
    return found;
}

bool smaps_shows_locking(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool shows = page != MAP_FAILED && mlock(page, 4096) == 0 && smaps_has_flag(page, "lo");
    if (page != MAP_FAILED)
        munmap(page, 4096);
    return shows;
}
