/* SPDX-License-Identifier: Apache-2.0 */
/* The Nth call fails: allocations of SQLite and of our own code; reads, writes and syncs of
 * SQLite's files and ours. A loop over N, until nothing fails any more, visits every place where
 * something can go wrong.
 *
 * SQLite is reached through its own hooks (allocator and virtual file system), our code by the
 * linker: link with faults_dep, which wraps the calls. OpenSSL is reached where a program has it
 * allocate from the secret heap, as the daemon does. */
#pragma once

#include <stdbool.h>

enum fault_point {
    FAULT_POINT_MEMORY, /* an allocation gives NULL */
    FAULT_POINT_READ,   /* a read fails */
    FAULT_POINT_WRITE,  /* a write, or making a file or giving it a length, fails */
    FAULT_POINT_SPACE,  /* the same, for want of space */
    FAULT_POINT_SYNC,   /* a sync fails */
    FAULT_POINT_OPEN,   /* a file cannot be opened */
    FAULT_POINT_COUNT
};

/* Puts the hooks in; before anything of SQLite. */
void faults_install(void);
/* Lets the nth call (from 1) fail, and with lasting all that follow. */
void faults_arm(enum fault_point point, unsigned nth, bool lasting);
/* Ends it; whether a call has failed. */
bool faults_disarm(void);
