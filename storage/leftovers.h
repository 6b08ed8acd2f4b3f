/* Files that must not only be removed, since secrets lie in them. */
#pragma once

#include "base/scope.h"

/* In the store's folder: a snapshot that waits for who ordered it. */
#define SNAPSHOT_NAME "token.snapshot"
/* What is added to the file's name until it is whole. */
#define SNAPSHOT_PART ".part"

/* Overwrites one file and removes it. Nothing there is no fault. FAULT_DISK. */
MUST_CHECK int destroy_file(const char *path);
/* The same for what a process that was killed left in a store's folder: snapshots that nobody
 * fetched, whole or not. Opening a store to use it does so. FAULT_DISK. */
MUST_CHECK int destroy_leftovers(const char *folder);
