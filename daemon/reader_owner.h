/* Whose a connection to the reader's port is. TCP on this machine tells nobody who is at the other
 * end, and any user may listen on a port where no pcscd does: the card would hand its answers, and
 * its PIN's tries, to whoever was first. The kernel's table of connections tells the owner. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The number of a user who is named by name or number; UINT32_MAX when /etc/passwd has none of that
 * name. Users of the system are in that file; the libraries that know others are none of a
 * daemon's. */
uint32_t reader_owner_find(const char *user);
/* Whether the other end of a connection on this machine, on which something has been received,
 * belongs to root, to the user of this process, or to this user. False, too, when it cannot be found out. */
bool reader_owner_trusted(int fd, uint32_t user);
