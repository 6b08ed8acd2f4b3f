/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the service manager how far we are: sd_notify(3).
 *
 * The protocol is one datagram, documented and stable. We speak it ourselves because libsystemd
 * brings six libraries, three of them decompressors, and more than a tenth of our memory budget
 * into a process that holds keys. */
#pragma once

/* A socket to $NOTIFY_SOCKET, or -1 when that is not set or nobody is there. Made early, because a
 * daemon that serves may make no such socket any more. */
int notify_open(void);
/* Sends the last state ("READY=1") to such a socket, and closes it. A message that cannot be
 * delivered is dropped: the service manager has its own time limit. */
void notify_last(int fd, const char *state);
