/* SPDX-License-Identifier: Apache-2.0 */
/* The database. Only db.c calls SQLite: it opens files the way a store needs it (write-ahead log,
 * synced at every commit, locked for one process), keeps each statement prepared, and turns
 * SQLite's results into those of failure.h.
 *
 * A query is a statement in use:
 *
 *     SCOPED(query_end) struct query q = db_query(db, SQL_OBJECT_GET);
 *     query_bind_number(&q, id);
 *     int r = query_step(&q);          // QUERY_ROW, 0 after the last row, or a fault
 *
 * Errors of preparing and binding are stored and returned by query_step(). A statement can be in
 * use once at a time.
 *
 * Faults: FAULT_DISK, FAULT_MEMORY, FAULT_LIBRARY; FAULT_BROKEN for a file that is not a sound
 * database. */
#pragma once

#include "base/bytes.h"
#include "base/results.h"
#include "storage/reserve.h"

struct sqlite3;
struct sqlite3_backup;
struct sqlite3_stmt;

/* A statement and the types of its result columns, one letter each. SQLite stores any value in any
 * column and converts types silently; query_step() therefore fails for a row with a value of
 * another type than declared here.
 *
 *     w   a number of 32 bits        b   bytes
 *     n   a number of 63 bits        z   bytes that are all zero
 *     t   text without a zero byte */
struct db_statement {
    const char *text, *columns;
};

/* Positive results besides STORE_FULL of store.h. DB_BUSY, DB_DENIED and DB_NO_DATABASE are given
 * before db_accept() only; after it these causes are FAULT_DISK. */
enum {
    QUERY_ROW = RESULTS_DB, /* there is a row */
    DB_BUSY,                /* another process uses the file */
    DB_DENIED,              /* permissions, or a read-only medium */
    DB_NO_DATABASE,         /* the file is not an SQLite database */
    DB_MORE,                /* db_copy_step() must be called again */
};

/* Must not be moved in memory while open: SQLite keeps its address. */
struct db {
    struct sqlite3 *handle;
    struct sqlite3_stmt **prepared; /* one for each text, made at first use */
    const struct db_statement *statements;
    size_t count;
    char *new_log;    /* path of the write-ahead log if opening made it; else NULL */
    int log_frames;   /* pages in the write-ahead log */
    int log_written;  /* pages that it has held since it was last overwritten */
    bool owes;        /* an overwrite of old pages was due but impossible: do it after the next
                         commit */
    uint64_t touched; /* upper estimate of the pages that the open transaction has changed */
    struct reserve log_reserve, room; /* of the write-ahead log, of the database */
    uint64_t pages;                   /* of the database, when the log was last moved into it */
    bool accepted;                    /* db_accept() was called */
    bool frozen;                      /* opened as DB_FROZEN */
    bool sync_failed;                 /* a sync has failed: nothing can be promised any more */
    struct db_copy *copy;             /* in the making; else NULL */
};

/* The identification in the first page of a database file. */
struct db_mark {
    uint32_t application, version;
    uint64_t size; /* bytes, as far as SQLite reads it */
};
/* Reads the identification without SQLite, so that a foreign file is not touched.
 * DB_NO_DATABASE. */
MUST_CHECK int db_peek(const char *path, struct db_mark *out);
/* The same of an open file. */
MUST_CHECK int db_peek_open(int file, struct db_mark *out);

enum db_mode {
    DB_MEMORY,   /* in memory; path is ignored */
    DB_CREATE,   /* a new file */
    DB_EXISTING, /* an existing file */
    DB_FROZEN,   /* an existing file on a medium that cannot be written: read only, without a
                    write-ahead log */
};
/* Opens a database. statements is borrowed until db_close(); db_query() takes indexes into it. An
 * existing file is only read, and closing leaves it unchanged, until db_accept(). DB_BUSY,
 * DB_DENIED. On failure db is closed. */
MUST_CHECK int db_open(struct db *db, enum db_mode mode, const char *path,
                       const struct db_statement *statements, size_t count);
/* From this call on the file may be changed, and closing moves the write-ahead log into it.
 * DB_IN_PLACE: also reserves space for a full medium (reserve.h). */
enum db_use { DB_IN_PLACE, DB_IN_PASSING };
void db_accept(struct db *db, enum db_use use);
/* After a failed sync: from this call on the file is left unchanged, also by closing. To move the
 * write-ahead log would sync it again, which may claim success for lost pages. */
void db_abandon(struct db *db);
/* Closes; harmless on an empty or closed database. */
void db_close(struct db *db);

/* Checks that the file has the mode that db_open() sets: a write-ahead log, pages of our size, and
 * a version that can be written. FAULT_BROKEN. */
MUST_CHECK int db_check_mode(struct db *db);
/* Runs a check pragma, which must answer "ok". FAULT_BROKEN. */
MUST_CHECK int db_check_table(struct db *db, const char *check);
/* Runs statements that return no rows, without keeping them prepared. STORE_FULL, DB_BUSY,
 * DB_DENIED. */
MUST_CHECK int db_run(struct db *db, const char *script);
/* Runs a statement without keeping it prepared and gives the number in the first column of its
 * first row. FAULT_BROKEN: there is no row or no number. */
MUST_CHECK int db_ask(struct db *db, const char *text, uint64_t *out);

/* Before a commit: checks that there is space for it and for what must remain possible after it
 * (reserve.h). STORE_FULL. */
MUST_CHECK int db_hold_space(struct db *db, enum reserve_use use);
/* Turns on the write-ahead log of a new file. */
MUST_CHECK int db_use_write_ahead_log(struct db *db);
/* Moves the write-ahead log into the database when it has grown enough and there is space, and
 * makes up for an overwrite that is due (db_overwrite_old_pages()). SQLite's automatic checkpoint
 * is switched off, since it would ignore a failed sync and try again, and a second sync may claim
 * success for pages that are lost. */
MUST_CHECK int db_checkpoint_if_due(struct db *db);
/* Overwrites what is left of older pages, so that what the last commits deleted or replaced is in
 * no file any more: moves the write-ahead log into the database and writes zeros over it, synced. A
 * copy in the making has the changes in its file, too, or is overwritten whole, and fails. Nothing
 * without a write-ahead log. Without space for it, or where a process was killed at work, it is
 * owed, and done after the next commit. What was deleted is gone from the database itself already
 * where it had pages of its own (db_spare()). */
MUST_CHECK int db_overwrite_old_pages(struct db *db);
bool db_in_transaction(const struct db *db);
/* The row id of the last insert. */
uint64_t db_inserted(const struct db *db);

/* --- Copying: everything that is committed, as one database file that needs no write-ahead log
 * beside it. Between steps the database may be used; what is committed meanwhile gets into the
 * copy, too. Before db_copy_finish() the copy is not a valid database. --- */

struct db_copy {
    struct db *from;
    struct sqlite3 *to; /* NULL: there is none */
    struct sqlite3_backup *backup;
    uint64_t pages; /* that were copied, some more than once */
    int reached;    /* the last page that ever was copied */
    int failed;     /* why it is given up; else 0 */
};
/* Into an empty file that is there; *out stays where it is until its end. One at a time.
 * STORE_FULL, DB_DENIED. */
MUST_CHECK int db_copy_begin(struct db_copy *out, struct db *from, const char *path);
/* Copies up to `pages` more pages and syncs them. DB_MORE: call it again. 0: few pages are left,
 * for db_copy_finish(). Only outside transactions. STORE_FULL. */
MUST_CHECK int db_copy_step(struct db_copy *copy, int pages);
/* Copies all remaining pages and closes the copy; does not sync it. STORE_FULL. */
MUST_CHECK int db_copy_finish(struct db_copy *copy);
/* Gives the copy up; harmless on one that is finished, ended or zeroed. db_close() of the source
 * does so, too. */
void db_copy_end(struct db_copy *copy);

/* --- Pages of their own ---
 *
 * SQLite moves rows between pages as a table grows and leaves their old bytes behind. A value that
 * must be gone once it is deleted therefore never lies in a page with rows. It lies in overflow
 * pages, which hold one value only, never move, and are overwritten with zeros when they are freed.
 * To get there, the value is the last column of its row, after a column of zeros. The zeros are so
 * many that the part of the row that shares a page with other rows ends before the value, and that
 * the last overflow page is full (https://www.sqlite.org/fileformat.html, 1.6). */

/* How many zeros a row needs before its last column of `size` bytes (see above). row: the other
 * columns, at most. */
#define DB_ROW_COLUMNS_MAX 6
struct db_shape {
    uint64_t numbers[DB_ROW_COLUMNS_MAX]; /* values of the number columns, without the row id */
    size_t number_count;
    size_t sizes[DB_ROW_COLUMNS_MAX]; /* sizes of the text and bytes columns before the zeros */
    size_t size_count;
};
size_t db_spare(const struct db_shape *row, size_t size);

struct query {
    struct db *db;
    struct sqlite3_stmt *statement;
    const char *columns;
    int bound;
    int result; /* first error of preparing or binding; 0: none */
};

struct query db_query(struct db *db, size_t statement);
/* Each call binds the next parameter. Numbers have at most 63 bits. Bytes and text are borrowed
 * until query_end(). */
void query_bind_number(struct query *q, uint64_t value);
void query_bind_zeros(struct query *q, size_t size);
void query_bind_bytes(struct query *q, struct span bytes);
void query_bind_text(struct query *q, struct span text);
/* Goes to the next row: QUERY_ROW; 0: there are no more. STORE_FULL, DB_BUSY, DB_DENIED.
 * FAULT_BROKEN: a value is not of its column's declared type. */
MUST_CHECK int query_step(struct query *q);
/* Columns of the current row: query_word() for w, query_number() for n, query_bytes() for the other
 * types. A span is valid until the next step. */
uint32_t query_word(struct query *q, int column);
uint64_t query_number(struct query *q, int column);
struct span query_bytes(struct query *q, int column); /* also text */
void query_end(struct query *q);
/* Runs a statement that gives no rows, and ends the query. */
MUST_CHECK int query_run(struct query *q);
/* Runs a statement that must change exactly one row, and ends the query. FAULT_BROKEN: it has
 * changed another number of rows. */
MUST_CHECK int query_change_one(struct query *q);
