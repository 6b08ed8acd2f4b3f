/* SPDX-License-Identifier: Apache-2.0 */
/* Files that must not only be removed, since secrets lie in them. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* In the store's folder: a snapshot that waits for who ordered it. */
#define SNAPSHOT_NAME "token.snapshot"
/* What is added to the file's name until it is whole. */
#define SNAPSHOT_PART ".part"

/* In a folder that is being made: an empty file, which says that the rest is rubbish once nobody
 * has the folder's lock. */
#define UNFINISHED_NAME ".unfinished"

/* Overwrites what a file has and removes it; a link, a pipe or the like is removed alone. Nothing
 * there is no fault. FAULT_DISK. */
MUST_CHECK int destroy_file(const char *path);
/* The same for what a process that was killed left in a store's folder: snapshots that nobody
 * fetched, whole or not. Opening a store to use it does so. FAULT_DISK. */
MUST_CHECK int destroy_leftovers(const char *folder);

/* For a folder that is being made, by its open descriptor, so that nobody's renaming of folders
 * leads elsewhere. Marks it. */
MUST_CHECK bool unfinished_mark(int folder);
/* Whether it is one: this user's, whom alone it lets write, and empty, or marked and with
 * nothing in it but what a store has. */
bool unfinished_is(int folder);
/* Overwrites and removes what is in it, the mark last. FAULT_DISK. */
MUST_CHECK int unfinished_destroy(int folder);
