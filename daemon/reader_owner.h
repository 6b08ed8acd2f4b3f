/* SPDX-License-Identifier: Apache-2.0 */
/* Which user is at the other end of the connection to the reader's port. TCP does not tell, and any
 * user may listen on that port where no pcscd does: the card would give its answers, and its PIN's
 * tries, to whoever was first. The kernel's table of connections names the owner. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The number of a user given by name or number; UINT32_MAX when /etc/passwd has no such name.
 * System users are in that file; the daemon does not load the libraries that know other users. */
uint32_t reader_owner_find(const char *user);
/* Whether the other end of a connection on this machine, on which something has been received,
 * belongs to root, to the user of this process, or to `user`. False also when the owner cannot be
 * found out. */
bool reader_owner_trusted(int fd, uint32_t user);
