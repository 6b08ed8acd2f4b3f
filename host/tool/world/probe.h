/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the daemon that belongs to this tool, and tries whether a private world can be made with
 * it. */
#pragma once

#include <limits.h>

#include "host/world/world.h"

/* Finds the daemon: the one that was built or installed with this tool, else one in the folder that
 * the build was configured for, else one in PATH. False: there is none. */
MUST_CHECK bool tool_find_daemon(char out_path[PATH_MAX]);
extern const char tool_no_daemon[]; /* the sentence to complain with when there is none */

/* Makes a world of this level with a token in memory, and ends it, in a process of its own. False:
 * it failed, and out_why tells why. */
MUST_CHECK bool probe_world(unsigned level, struct world_reason *out_why);
