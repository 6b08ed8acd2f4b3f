/* Tells the service manager how far we are: sd_notify(3).
 *
 * The protocol is one datagram, documented and stable. We speak it ourselves because libsystemd
 * brings six libraries, three of them decompressors, and more than a tenth of our memory budget
 * into a process that holds keys. */
#pragma once

/* Sends state ("READY=1") to $NOTIFY_SOCKET; does nothing when that is not set. A message that
 * cannot be delivered is dropped: the service manager has its own time limit. */
void notify(const char *state);
