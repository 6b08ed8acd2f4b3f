/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/plain_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "tests/bench/bench.h"

static const char schema[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "CREATE TABLE line (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE node (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE state (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "INSERT INTO state VALUES (1, zeroblob(230));";

/* What one signature on the card changes, without seal, chain or tree. */
static const char *const steps[] = {
    "BEGIN IMMEDIATE",
    "INSERT INTO line (bytes) VALUES (randomblob(460))",
    "INSERT INTO node (bytes) VALUES (randomblob(64))",
    "UPDATE state SET bytes = randomblob(230) WHERE id = 1",
    "COMMIT",
};

static void open_anchor(struct plain_store *s, const char *folder)
{
    char path[400];
    snprintf(path, sizeof path, "%s/plain.anchor", folder);
    s->anchor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bench_require(s->anchor >= 0, "plain anchor");
}

void plain_store_open(struct plain_store *s, const char *folder)
{
    char path[400];
    *s = (struct plain_store){ 0 };
    open_anchor(s, folder);
    snprintf(path, sizeof path, "%s/plain.db", folder);
    bench_require(sqlite3_open(path, &s->db) == SQLITE_OK, "plain database");
    bench_require(sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK, "plain schema");
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        bench_require(sqlite3_prepare_v2(s->db, steps[i], -1, &s->statements[i], NULL) == SQLITE_OK,
                      steps[i]);
    for (size_t i = 0; i < COMMITS_TO_SETTLE; i++)
        plain_store_commit(s);
}

void plain_store_close(struct plain_store *s)
{
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    close(s->anchor);
}

void plain_store_commit(void *context)
{
    struct plain_store *s = context;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        bench_require(sqlite3_step(s->statements[i]) == SQLITE_DONE, steps[i]);
        sqlite3_reset(s->statements[i]);
    }
}

void plain_store_sync(void *context)
{
    struct plain_store *s = context;
    uint8_t mark[160];
    memset(mark, 0x5A, sizeof mark);
    bench_require(pwrite(s->anchor, mark, sizeof mark, 0) == (ssize_t)sizeof mark, "plain write");
    bench_require(fdatasync(s->anchor) == 0, "plain sync");
}
