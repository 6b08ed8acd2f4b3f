/* A child process in user, PID and network namespaces of its own. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Like fork(2). The child has no identity until its parent has called namespaces_settle(): it must
 * wait for that. -1 when namespaces are not allowed here. */
pid_t namespaces_fork(void);
/* Maps user and group ids: a superuser's world knows all that exist here, anybody else's only the
 * caller, who is 0 inside. False when that is forbidden. */
bool namespaces_settle(pid_t child);

/* Moves this process, which must have one thread, into the network namespace of another that
 * namespaces_fork() made. It keeps its user and group; a user who is not allowed to do it otherwise
 * gets a user namespace around them, in which no other ids exist. False with errno. */
bool namespaces_join_network(pid_t pid);

/* One sentence: what forbids namespaces, and how to allow them. */
const char *namespaces_forbidden_by(void);
