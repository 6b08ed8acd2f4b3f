/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/admin_sockets.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static void find_in_world(glob_t *out)
{
    const char *named = getenv("GLASSHSM_SOCKET");
    char beside[PATH_MAX];
    if (!named)
        return;
    int folder = (int)(strrchr(named, '/') ? strrchr(named, '/') + 1 - named : 0);
    int size = snprintf(beside, sizeof beside, "%.*sadmin*.sock", folder, named);
    glob(named, GLOB_APPEND, NULL, out);
    if (size > 0 && (size_t)size < sizeof beside)
        glob(beside, GLOB_APPEND, NULL, out);
}

void admin_sockets_find(glob_t *out)
{
    find_in_world(out);
    glob("/run/glasshsm/*.sock", GLOB_APPEND, NULL, out);
    glob("/run/glasshsm/*/admin.sock", GLOB_APPEND, NULL, out);
}

void admin_sockets_find_worlds(glob_t *out)
{
    const char *const parents[] = { getenv("TMPDIR"), getenv("XDG_RUNTIME_DIR"), "/tmp" };
    for (size_t i = 0; i < COUNT_OF(parents); i++) {
        char pattern[PATH_MAX];
        int size = snprintf(pattern, sizeof pattern, "%s/glasshsm-*/admin*.sock",
                            parents[i] ? parents[i] : "");
        if (parents[i] && size > 0 && (size_t)size < sizeof pattern)
            glob(pattern, GLOB_APPEND, NULL, out);
    }
}
