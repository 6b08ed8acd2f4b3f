/* Whose a connection to the reader's port is. TCP on this machine tells nobody who is at the other
 * end, and any user may listen on a port where no pcscd does: the card would hand its answers, and
 * its PIN's tries, to whoever was first. The kernel's table of connections tells the owner. */
#pragma once

#include <stdbool.h>

/* Whether the other end of a connection on this machine, on which something has been received,
 * belongs to root, to the user of this process, or to this user: a name of /etc/passwd or a number;
 * a user who does not exist is nobody. False, too, when it cannot be found out. */
bool reader_owner_trusted(int fd, const char *user);
