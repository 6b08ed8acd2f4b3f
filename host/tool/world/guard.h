/* SPDX-License-Identifier: Apache-2.0 */
/* Running a command under guard: whatever happens to the caller's process, nothing stays behind.
 *
 * Three processes stand between the caller and the command, each the parent of the next. The front
 * is the process that the caller started: it forwards signals, stops and goes on with the command,
 * and ends with its status. The keeper waits for the guard's end and does nothing else. The guard
 * is the parent of the command. All three adopt what descendants the command leaves behind, in
 * whatever session, so that any two of the three can be killed at once: the third ends all that is
 * left. */
#pragma once

#include <stdbool.h>

#include "base/scope.h"

struct guarded {
    /* Called in the guard before the command starts. link becomes readable, or its other end is
     * closed, when the caller wants no command any more. Returns 0, or the exit status to give up
     * with. */
    int (*prepare)(void *context, int link);
    /* Called in the command's process, before it becomes the command. Returns 0, or the exit status
     * to give up with. NULL: nothing to do. */
    int (*enter)(void *context);
    /* Called in the guard for an ended child that is not the command. True when the command has
     * nothing to run with any more: it is ended, and the exit status is TOOL_NO_WORLD. */
    bool (*child_ended)(void *context, int pid, int wait_status);
    /* Called in the guard when the command has ended. If the front was killed, all children of the
     * guard have been killed before, including those that prepare() started. */
    void (*finish)(void *context);
    /* Called in the front or the keeper when the guard was killed, after all descendants have
     * been. */
    void (*abandoned)(void *context);
    void *context;
    char **command; /* ended by NULL; looked up in PATH */
};

/* Runs the command and returns its exit status; 128 + n when signal n ended it, or came before it
 * began and would have ended it: then it is not run. Called once, by a process with one thread. The
 * command runs in the caller's process group and session, with its signal mask and limits, and with
 * the environment that prepare() leaves in the guard. */
int guard_run(const struct guarded *guarded);
