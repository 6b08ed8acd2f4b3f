/* The database: the only part that knows SQLite. Opens it the way a store needs it (write-ahead
 * log, synced at every commit, locked for one process), keeps each statement prepared, and turns
 * SQLite's results into ours.
 *
 * A query is a statement in use:
 *
 *     SCOPED(query_end) struct query q = db_query(db, SQL_OBJECT_GET);
 *     query_bind_number(&q, id);
 *     int r = query_step(&q);          // QUERY_ROW, 0 after the last row, or a fault
 *
 * Failures while preparing and binding are remembered and come out of query_step. A statement can
 * be in use once at a time.
 *
 * Faults: FAULT_DISK, FAULT_MEMORY, FAULT_LIBRARY; FAULT_BROKEN for a file that is no sound
 * database. */
#pragma once

#include "base/bytes.h"
#include "storage/reserve.h"

struct sqlite3;
struct sqlite3_backup;
struct sqlite3_stmt;

/* A statement and what its columns hold, a letter each. SQLite would turn any value into any other,
 * and a file can hold any value in any column: query_step() gives no row in which one is not what
 * it is declared to be.
 *
 *     w   a number of 32 bits        b   bytes
 *     n   a number of 63 bits        z   bytes that are all zero
 *     t   text without a zero byte */
struct db_statement {
    const char *text, *columns;
};

enum {                  /* positive results beside STORE_FULL of store.h; DB_BUSY, DB_DENIED and
                           DB_NO_DATABASE only until db_accept(): then faults of the disk */
       QUERY_ROW = 100, /* there is a row */
       DB_BUSY,         /* another process uses the file */
       DB_DENIED,       /* permissions, or a read-only medium */
       DB_NO_DATABASE,  /* the file is none of SQLite's */
       DB_MORE,         /* a copy is not yet whole */
};

/* Stays where it was opened: SQLite keeps its address. */
struct db {
    struct sqlite3 *handle;
    struct sqlite3_stmt **prepared; /* one for each text, made at first use */
    const struct db_statement *statements;
    size_t count;
    char *new_log;    /* path of the write-ahead log if opening made it; else NULL */
    int log_frames;   /* pages in the write-ahead log */
    int log_written;  /* pages that were in it since it was overwritten */
    bool owes;        /* it is to be overwritten as soon as that is possible */
    uint64_t touched; /* pages that the open transaction may have changed, roughly */
    struct reserve reserve;
    bool accepted;        /* db_accept() was called */
    bool frozen;          /* opened as DB_FROZEN */
    bool sync_failed;     /* a sync has failed: nothing can be promised any more */
    struct db_copy *copy; /* in the making; else NULL */
};

/* What the first page of a database file says about it. */
struct db_mark {
    uint32_t application, version;
    uint64_t size; /* bytes, as far as SQLite reads it */
};
/* Reads it without SQLite, so that a foreign file is not touched. DB_NO_DATABASE. */
MUST_CHECK int db_peek(const char *path, struct db_mark *out);
/* The same of an open file. */
MUST_CHECK int db_peek_open(int file, struct db_mark *out);

enum db_mode {
    DB_MEMORY,   /* in memory; path is ignored */
    DB_CREATE,   /* a new file */
    DB_EXISTING, /* a file that is there */
    DB_FROZEN,   /* the same on a medium that cannot be written: only to be read, and without a
                    write-ahead log */
};
/* Opens; db_query() knows the statements by their index; borrowed. An existing file is only read,
 * and closing leaves it as it was, until db_accept(). DB_BUSY, DB_DENIED. On failure db is closed.
 */
MUST_CHECK int db_open(struct db *db, enum db_mode mode, const char *path,
                       const struct db_statement *statements, size_t count);
/* From now on the file may be changed, and closing tidies it up. A file that will be used in place
 * keeps space for a full medium (reserve.h) beside it. */
enum db_use { DB_IN_PLACE, DB_IN_PASSING };
void db_accept(struct db *db, enum db_use use);
/* And from now on it is left as it is, also by closing: after a failed sync, to move the
 * write-ahead log would be to sync it again. */
void db_abandon(struct db *db);
/* Harmless on an empty or closed one. */
void db_close(struct db *db);

/* Whether the file is what db_open() of this version makes: has a write-ahead log and can be
 * written. FAULT_BROKEN. */
MUST_CHECK int db_check_mode(struct db *db);
/* Whether a check pragma says "ok". FAULT_BROKEN. */
MUST_CHECK int db_check_table(struct db *db, const char *check);
/* Runs statements that are needed once and give no rows. STORE_FULL, DB_BUSY, DB_DENIED. */
MUST_CHECK int db_run(struct db *db, const char *script);
/* The number in the first column of the first row of a statement needed once. FAULT_BROKEN: there
 * is none. */
MUST_CHECK int db_ask(struct db *db, const char *text, uint64_t *out);

/* Before a commit: whether there is space for it and for what must still be possible after it.
 * STORE_FULL. */
MUST_CHECK int db_hold_space(struct db *db, enum reserve_use use);
/* Turns on the write-ahead log of a new file. */
MUST_CHECK int db_use_write_ahead_log(struct db *db);
/* Moves the write-ahead log into the database when it has grown enough and there is space, and does
 * what is owed (db_overwrite_old_pages()). Done by us, since SQLite would ignore a failed sync here and try again, and a second sync may claim
 * success for pages that are lost. */
MUST_CHECK int db_checkpoint_if_due(struct db *db);
/* Overwrites what is left of older pages, so that what the last commits deleted or replaced is in no
 * file any more: moves the write-ahead log into the database and writes zeros over it, synced.
 * A copy in the making has the changes in its file, too, or is overwritten whole, and fails.
 * Nothing without a write-ahead log. Without space for it, or where a process was killed at work,
 * it is owed, and done after the next commit. What was deleted is gone from the database itself
 * already where it had pages of its own (db_spare()). */
MUST_CHECK int db_overwrite_old_pages(struct db *db);
bool db_in_transaction(const struct db *db);
/* The row id of the last insert. */
uint64_t db_inserted(const struct db *db);

/* --- A copy of everything that is committed, as one database file that needs no write-ahead log
 * beside it. Between its steps the database may be used: what is committed meanwhile is in the
 * copy, too. It is nothing before db_copy_finish(). --- */

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
/* At most so many pages more, and syncs them. DB_MORE; 0: few are left. Outside transactions.
 * STORE_FULL. */
MUST_CHECK int db_copy_step(struct db_copy *copy, int pages);
/* All the rest, and its end; not synced. STORE_FULL. */
MUST_CHECK int db_copy_finish(struct db_copy *copy);
/* Harmless on one that is finished, ended or zeroed. */
void db_copy_end(struct db_copy *copy);

/* --- Pages of their own ---
 *
 * SQLite moves rows from page to page as a table grows, and leaves their bytes where they were. What
 * must be gone when it is deleted therefore never lies in a page with rows, but in overflow pages,
 * which hold one value, never move, and are overwritten with zeros when they are freed: its column
 * comes last, and before it one with so many zeros that the part of the row that stays with others
 * ends before it, and the last overflow page is full (https://www.sqlite.org/fileformat.html, 1.6). */

/* How many zeros there must be between the other columns of a row, which have that many bytes at
 * most, and its last of size bytes. */
#define DB_ROW_COLUMNS_MAX 6
struct db_shape {
    uint64_t numbers[DB_ROW_COLUMNS_MAX]; /* beside the row id */
    size_t number_count;
    size_t sizes[DB_ROW_COLUMNS_MAX]; /* of texts and bytes before the zeros */
    size_t size_count;
};
size_t db_spare(const struct db_shape *row, size_t size);

struct query {
    struct db *db;
    struct sqlite3_stmt *statement;
    const char *columns;
    int bound;
    int result; /* what went wrong so far */
};

struct query db_query(struct db *db, size_t statement);
/* Binds the next parameter: a number of at most 63 bits. Bytes are borrowed until query_end. */
void query_bind_number(struct query *q, uint64_t value);
void query_bind_zeros(struct query *q, size_t size);
void query_bind_bytes(struct query *q, struct span bytes);
void query_bind_text(struct query *q, struct span text);
/* QUERY_ROW, 0: no more rows. STORE_FULL, DB_BUSY, DB_DENIED. FAULT_BROKEN: a row with a value that
 * its column cannot hold. */
MUST_CHECK int query_step(struct query *q);
/* Columns of the current row; a span is valid until the next step. Which of them a column is read
 * with must fit its letter. */
uint32_t query_word(struct query *q, int column);
uint64_t query_number(struct query *q, int column);
struct span query_bytes(struct query *q, int column); /* or text */
void query_end(struct query *q);
/* For statements without rows: one step, and its end. */
MUST_CHECK int query_run(struct query *q);
/* The same for a statement that must change one row. FAULT_BROKEN: it has changed another number. */
MUST_CHECK int query_change_one(struct query *q);
