/* One process to a store: a lock on the store's folder, which needs no file of its own and ends
 * with the process. */
#pragma once

#include "base/bytes.h"

struct folder_lock {
    int folder; /* -1: none */
};
#define LOCK_NONE ((struct folder_lock){ .folder = -1 })

enum { LOCK_HELD = 1, LOCK_DENIED };

/* Who only looks shares the folder with others who do; who changes the store has it alone. */
enum lock_use { LOCK_TO_LOOK, LOCK_TO_CHANGE };

/* Waits ten seconds for those who only look. LOCK_HELD: by another process, or by this one, or
 * looked at for longer: who must begin tries again, as the daemon's unit does. LOCK_DENIED: the folder cannot be opened. Fault: FAULT_DISK. */
MUST_CHECK int lock_take(struct folder_lock *lock, const char *folder, enum lock_use use);
void lock_release(struct folder_lock *lock);
/* "process 123 (glasshsmd)", or "another process" when it cannot be seen from here. */
void lock_holder(const char *folder, char *out, size_t size);
