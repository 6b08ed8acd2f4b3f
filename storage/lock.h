/* SPDX-License-Identifier: Apache-2.0 */
/* Allows one process at a time to use a store: a lock on the store's folder, which needs no file of
 * its own and ends with the process. */
#pragma once

#include "base/bytes.h"
#include "base/results.h"

struct folder_lock {
    int folder; /* -1: none */
};
#define LOCK_NONE ((struct folder_lock){ .folder = -1 })

enum { LOCK_HELD = RESULTS_LOCK, LOCK_DENIED };

/* Processes that only look share the lock with each other; a process that changes the store has it
 * alone. */
enum lock_use { LOCK_TO_LOOK, LOCK_TO_CHANGE };

/* Waits ten seconds for those who only look. LOCK_HELD: by another process, or by this one, or
 * looked at for longer: who must begin tries again, as the daemon's unit does. LOCK_DENIED: the
 * folder cannot be opened. Fault: FAULT_DISK. */
MUST_CHECK int lock_take(struct folder_lock *lock, const char *folder, enum lock_use use);
void lock_release(struct folder_lock *lock);
/* Names the process that has the lock: "process 123 (glasshsmd)", or "another process" when it is
 * not visible from here. */
void lock_holder(const char *folder, char *out, size_t size);
