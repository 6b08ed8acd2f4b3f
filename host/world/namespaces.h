/* SPDX-License-Identifier: Apache-2.0 */
/* A child process in user, PID and network namespaces of its own. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Like fork(2), into new user, PID and network namespaces. The child has no user and group id until
 * its parent has called namespaces_settle(), and must wait for that. -1: namespaces are not allowed
 * here. */
pid_t namespaces_fork(void);
/* Maps user and group ids into the child's namespace: for a superuser all ids that exist here, for
 * anybody else only the caller's, as 0. False when that is forbidden. */
bool namespaces_settle(pid_t child);

/* Moves this process, which must have one thread, into the network namespace of process `pid`,
 * which namespaces_fork() made. It keeps its user and group; a user who may not do this directly
 * gets a user namespace in which only these ids exist. False with errno. */
bool namespaces_join_network(pid_t pid);

/* One sentence: what forbids namespaces, and how to allow them. */
const char *namespaces_forbidden_by(void);
