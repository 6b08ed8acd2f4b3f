/* SPDX-License-Identifier: Apache-2.0 */
/* Which daemons' admin sockets there are on this machine. */
#pragma once

#include <glob.h>

/* Appends the paths of: the socket that $GLASSHSM_SOCKET names, those of the same private world,
 * and those below /run/glasshsm. A path may come twice. The caller ends *out with globfree(). */
void admin_sockets_find(glob_t *out);
/* Appends those of all private worlds whose folders this user can read. */
void admin_sockets_find_worlds(glob_t *out);
