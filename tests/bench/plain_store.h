/* SPDX-License-Identifier: Apache-2.0 */
/* A plain SQLite database on the same file system, to say what one durable commit costs here:
 * rows as large as a signature's record and the state, write-ahead log, synchronous FULL. */
#pragma once

#include <sqlite3.h>

struct plain_store {
    sqlite3 *db;
    sqlite3_stmt *statements[8];
    int anchor;
};

/* Syncs of a write-ahead log that still grows cost up to twice those of one that is written over,
 * which begins after some 250 commits: so many come before a measurement, here and in our store. */
#define COMMITS_TO_SETTLE 500

/* Makes database and anchor in the folder, settled. */
void plain_store_open(struct plain_store *s, const char *folder);
void plain_store_close(struct plain_store *s);

/* Operations (bench.h); the context is the plain_store. */
void plain_store_commit(void *s);
/* A small write to another file, and its sync. */
void plain_store_sync(void *s);
