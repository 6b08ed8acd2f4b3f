/* The daemon that belongs to this tool, and whether a private world can be made with it. */
#pragma once

#include <limits.h>

#include "host/world/world.h"

/* The daemon that was built or installed with this tool, else the one in the folder that the build
 * was configured for, else in PATH. */
MUST_CHECK bool tool_find_daemon(char out_path[PATH_MAX]);
extern const char tool_no_daemon[]; /* a sentence: there is none in these places */

/* Makes a world of this level with a token in memory, and ends it, in a process of its own. False:
 * out_why says why not. */
MUST_CHECK bool probe_world(unsigned level, struct world_reason *out_why);
