/* SPDX-License-Identifier: Apache-2.0 */
/* Calls SQLite for the functions of db.h. No other file does. */
#include "storage/db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "storage/store.h"

/* How many pages the write-ahead log may have before they are moved into the database: 1 MB, some
 * 150 commits. A short log is soon overwritten from its start instead of growing, which makes a
 * sync twice as fast. */
#define CHECKPOINT_FRAMES 1000

/* Sizes for estimates of a commit's space: a page and its header in the write-ahead log, and the
 * pages that changing a row may touch besides those of its own bytes: a leaf of the table, a leaf
 * of its index, and a parent. */
#define PAGE_SIZE       1024
#define FRAME_SIZE      (PAGE_SIZE + 24)
#define LOG_HEADER_SIZE 32
#define PAGES_A_CHANGE  3
/* How long to wait for the file: two processes that open a store to look share its folder but not
 * the file, so the second waits. */
#define BUSY_MS        5000
#define LOG_SIZE_LIMIT 4194304 /* the same value as journal_size_limit in the settings */

/* Settings of every connection. Pages are small because a commit changes a few rows on several
 * pages, and whole pages are written and synced. The cache (in KiB) is small while the store is
 * opened, which reads every row once. With the exclusive lock, SQLite keeps the index of the
 * write-ahead log in memory instead of in a file beside the database. */
static const char settings[] =
    "PRAGMA page_size = 1024;"
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA secure_delete = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -64;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA journal_size_limit = 4194304;";

/* --- Results --- */

struct result {
    int code; /* primary code of SQLite */
    int ours;
};
static const struct result results[] = {
    { SQLITE_FULL, STORE_FULL },
    { SQLITE_NOMEM, FAULT_MEMORY },
    { SQLITE_IOERR, FAULT_DISK },
    { SQLITE_CORRUPT, FAULT_BROKEN },
    { SQLITE_NOTADB, FAULT_BROKEN },
    { SQLITE_FORMAT, FAULT_BROKEN },
    /* Our statements fit our schema: an error in one means that the file has another schema. */
    { SQLITE_ERROR, FAULT_BROKEN },
    { SQLITE_SCHEMA, FAULT_BROKEN },
    { SQLITE_CONSTRAINT, FAULT_BROKEN },
    { SQLITE_MISMATCH, FAULT_BROKEN },
    { SQLITE_TOOBIG, FAULT_BROKEN },
    { SQLITE_BUSY, DB_BUSY },
    { SQLITE_LOCKED, DB_BUSY },
    { SQLITE_PROTOCOL, DB_BUSY },
    { SQLITE_PERM, DB_DENIED },
    { SQLITE_READONLY, DB_DENIED },
    { SQLITE_CANTOPEN, DB_DENIED },
};

static int result_of(int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return FAULT_MEMORY;
    for (size_t i = 0; i < COUNT_OF(results); i++)
        if (results[i].code == (code & 0xFF))
            return results[i].ours;
    return FAULT_LIBRARY;
}

static bool is_sync_failure(int code)
{
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

/* Turns SQLite's result code into ours, with failure() if it is a fault. */
static int answer(struct db *db, int code, const char *doing)
{
    if (code == SQLITE_OK || code == SQLITE_DONE)
        return 0;
    if (code == SQLITE_ROW)
        return QUERY_ROW;
    if (is_sync_failure(code))
        db->sync_failed = true;
    int result = result_of(code);
    if (result > 0 && result != STORE_FULL && db->accepted)
        result = FAULT_DISK;
    if (result < 0)
        return failure(result, "database: %s (%d) at: %.80s", sqlite3_errstr(code), code, doing);
    return result;
}

/* --- Opening --- */

static uint32_t number_at(struct span page, size_t offset)
{
    struct reader in = reader_of(span_part(page, offset, 4));
    return read_u32(&in);
}

int db_peek_open(int file, struct db_mark *out)
{
    uint8_t page[100]; /* the header of the file format: https://www.sqlite.org/fileformat.html */
    ssize_t size = pread(file, page, sizeof page, 0);
    if (size < 0)
        return failure(FAULT_DISK, "cannot read a database: %m");
    struct span magic = span_of("SQLite format 3", 16);
    if ((size_t)size < sizeof page || !span_equal(span_part(SPAN_OF(page), 0, magic.size), magic))
        return DB_NO_DATABASE;
    *out = (struct db_mark){ .application = number_at(SPAN_OF(page), 68),
                             .version = number_at(SPAN_OF(page), 60),
                             .size = (uint64_t)number_at(SPAN_OF(page), 28) * PAGE_SIZE };
    return 0;
}

int db_peek(const char *path, struct db_mark *out)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return DB_DENIED;
    int r = db_peek_open(file, out);
    close(file);
    return r;
}

static void forget_new_log(struct db *db)
{
    free(db->new_log);
    db->new_log = NULL;
}

/* Opening a database makes an empty write-ahead log beside it. If there was none, its path is
 * stored, so that a store that is refused can be left as it was found. */
static int note_new_log(struct db *db, const char *path)
{
    if (asprintf(&db->new_log, "%s-wal", path) < 0) {
        db->new_log = NULL;
        return failure(FAULT_MEMORY, "no memory for a path");
    }
    if (access(db->new_log, F_OK) == 0)
        forget_new_log(db);
    return 0;
}

static int count_frames(void *context, sqlite3 *handle, const char *name, int frames)
{
    struct db *db = context;
    (void)handle;
    (void)name;
    db->log_frames = frames;
    if (db->log_written < frames)
        db->log_written = frames;
    return SQLITE_OK;
}

/* Forbids code in a stored schema to run, and SQL to damage the schema. */
static void configure(struct db *db, enum db_mode mode)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    if (mode == DB_EXISTING)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static void free_text(char **text)
{
    free(*text);
}

/* Writes a path so that SQLite takes it for one: it reads a name that begins with "file:" as a URI
 * and ":memory:" as a database in memory. */
static int name_file(const char *path, bool is_file, char **out)
{
    if (asprintf(out, "%s%s", is_file && *path != '/' ? "./" : "", path) >= 0)
        return 0;
    *out = NULL;
    return failure(FAULT_MEMORY, "no memory for a path");
}

/* Writes a path as a URI with immutable=1, the only way to tell SQLite that nobody writes the file:
 * it then makes neither a lock nor a file beside it. */
static int name_frozen(const char *path, char **out)
{
    static const char special[] = "%?#";
    SCOPED(free_text) char *escaped = calloc(3 * strlen(path) + 1, 1);
    if (!escaped)
        return failure(FAULT_MEMORY, "no memory for a path");
    for (char *to = escaped; *path; path++)
        to += sprintf(to, strchr(special, *path) ? "%%%02X" : "%c", *path);
    bool absolute = *escaped == '/';
    if (asprintf(out, "file:%s%s?immutable=1", absolute ? "" : "./", escaped) >= 0)
        return 0;
    *out = NULL;
    return failure(FAULT_MEMORY, "no memory for a path");
}

static int name_of(enum db_mode mode, const char *path, char **out)
{
    return mode == DB_FROZEN
               ? name_frozen(path, out)
               : name_file(mode == DB_MEMORY ? ":memory:" : path, mode != DB_MEMORY, out);
}

static int connect_file(struct db *db, enum db_mode mode, const char *path)
{
    static const int flags[] = {
        [DB_MEMORY] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY,
        [DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
        [DB_EXISTING] = SQLITE_OPEN_READWRITE,
        [DB_FROZEN] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
    };
    char *name = NULL;
    db->frozen = mode == DB_FROZEN;
    int r = name_of(mode, path, &name);
    if (r)
        return r;
    int code = sqlite3_open_v2(name, &db->handle, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL);
    free(name);
    if (code != SQLITE_OK)
        return answer(db, code, "open");
    configure(db, mode);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    return db_run(db, settings);
}

int db_open(struct db *db, enum db_mode mode, const char *path,
            const struct db_statement *statements, size_t count)
{
    *db = (struct db){
        .statements = statements, .count = count, .log_reserve = RESERVE_NONE, .room = RESERVE_NONE
    };
    db->prepared = calloc(count, sizeof *db->prepared);
    int r = db->prepared ? 0 : failure(FAULT_MEMORY, "no memory for %zu statements", count);
    if (!r && mode == DB_EXISTING)
        r = note_new_log(db, path);
    if (!r)
        r = connect_file(db, mode, path);
    if (r) {
        db_close(db);
        return r;
    }
    sqlite3_wal_hook(db->handle, count_frames, db);
    return 0;
}

/* The file object of the write-ahead log that SQLite has open; NULL: there is none. */
static sqlite3_file *log_file(struct db *db)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return code == SQLITE_OK && file && file->pMethods ? file : NULL;
}

static int log_size(sqlite3_file *file, uint64_t *out)
{
    sqlite3_int64 size = 0;
    int code = file->pMethods->xFileSize(file, &size);
    *out = (uint64_t)size;
    return code;
}

/* A number that cannot be had leaves the estimate too low: a checkpoint may then lack space. */
static void count_pages(struct db *db)
{
    uint64_t pages = 0;
    if (!db_ask(db, "PRAGMA page_count", &pages))
        db->pages = pages;
}

/* The log has been moved into the database, which SQLite then cut to its pages. */
static void forget_frames(struct db *db)
{
    db->log_frames = 0;
    count_pages(db);
    reserve_cut(&db->log_reserve, LOG_SIZE_LIMIT);
    reserve_cut(&db->room, db->pages * PAGE_SIZE);
    (void)!reserve_hold(&db->room, db->pages * PAGE_SIZE,
                        RESERVE_UNTOUCHED); /* or the next commit */
}

/* Counts the pages in a write-ahead log that a killed process has left: they are due to be
 * overwritten. */
static void count_old_frames(struct db *db)
{
    uint64_t size = 0;
    sqlite3_file *file = log_file(db);
    if (file && log_size(file, &size) == SQLITE_OK)
        db->log_written = (int)(size / FRAME_SIZE + (size > 0));
    db->owes = db->log_written > 0;
}

void db_accept(struct db *db, enum db_use use)
{
    forget_new_log(db);
    db->accepted = true;
    const char *path = sqlite3_db_filename(db->handle, "main");
    bool in_place = use == DB_IN_PLACE && path && *path;
    reserve_open(&db->log_reserve, in_place ? sqlite3_filename_wal(path) : NULL);
    reserve_open(&db->room, in_place ? path : NULL);
    count_pages(db);
    count_old_frames(db);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    /* a failure only leaves reading slower */
    sqlite3_exec(db->handle, "PRAGMA cache_size = -512", NULL, NULL, NULL);
    int keep = db->log_reserve.file >= 0;
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

void db_abandon(struct db *db)
{
    if (db->handle)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* Overwrites old pages before closing, which returns the write-ahead log's blocks to the file
 * system, where we cannot reach them any more. */
static void overwrite_before_close(struct db *db)
{
    int keeps = 0;
    if (!db->handle || !db->accepted || db->sync_failed)
        return;
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &keeps);
    if (!keeps && db_overwrite_old_pages(db))
        db_abandon(db);
}

void db_close(struct db *db)
{
    overwrite_before_close(db);
    if (db->copy)
        db_copy_end(db->copy);
    for (size_t i = 0; db->prepared && i < db->count; i++)
        sqlite3_finalize(db->prepared[i]);
    free(db->prepared);
    sqlite3_close(db->handle);
    reserve_renew(&db->log_reserve);
    reserve_renew(&db->room);
    if (db->new_log)
        unlink(db->new_log);
    forget_new_log(db);
    reserve_close(&db->log_reserve);
    reserve_close(&db->room);
    *db = (struct db){ .log_reserve = RESERVE_NONE, .room = RESERVE_NONE };
}

/* --- Statements needed once --- */

int db_run(struct db *db, const char *script)
{
    return answer(db, sqlite3_exec(db->handle, script, NULL, NULL, NULL), script);
}

/* Runs one statement; `take` reads its first row. The statement is run to its end, since only the
 * end tells whether it took effect. FAULT_BROKEN when there is no row. */
static int first_row(struct db *db, const char *text, int none,
                     void (*take)(sqlite3_stmt *, void *), void *context)
{
    sqlite3_stmt *statement = NULL;
    unsigned rows = 0;
    int code = sqlite3_prepare_v2(db->handle, text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        while ((code = sqlite3_step(statement)) == SQLITE_ROW)
            if (rows++ == 0)
                take(statement, context);
    sqlite3_finalize(statement);
    if (code == SQLITE_DONE && rows == 0)
        return failure(none, "no row at: %.80s", text);
    return answer(db, code, text);
}

static void take_number(sqlite3_stmt *statement, void *context)
{
    *(sqlite3_int64 *)context = sqlite3_column_type(statement, 0) == SQLITE_INTEGER
                                    ? sqlite3_column_int64(statement, 0)
                                    : -1;
}

int db_ask(struct db *db, const char *text, uint64_t *out)
{
    sqlite3_int64 number = -1;
    int r = first_row(db, text, FAULT_BROKEN, take_number, &number);
    if (!r && number < 0)
        r = failure(FAULT_BROKEN, "no number at: %.80s", text);
    if (!r)
        *out = (uint64_t)number;
    return r;
}

struct saying {
    char text[200];
};

static void take_text(sqlite3_stmt *statement, void *context)
{
    struct saying *saying = context;
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    snprintf(saying->text, sizeof saying->text, "%s", text ? text : "");
}

static int ask_for(struct db *db, const char *text, const char *expected)
{
    struct saying saying;
    int r = first_row(db, text, FAULT_BROKEN, take_text, &saying);
    if (r || strcmp(saying.text, expected) == 0)
        return r;
    return failure(FAULT_BROKEN, "\"%.60s\" at: %.60s", saying.text, text);
}

int db_use_write_ahead_log(struct db *db)
{
    return ask_for(db, "PRAGMA journal_mode = WAL", "wal");
}

int db_check_mode(struct db *db)
{
    uint64_t page = 0;
    int r = db->frozen ? 0 : ask_for(db, "PRAGMA journal_mode", "wal");
    if (!r)
        r = ask_for(db, "PRAGMA encoding", "UTF-8");
    if (!r)
        r = db_ask(db, "PRAGMA page_size", &page);
    if (!r && page != PAGE_SIZE)
        r = failure(FAULT_BROKEN, "its pages have another size");
    if (!r && !db->frozen && sqlite3_db_readonly(db->handle, "main") != 0)
        r = failure(FAULT_BROKEN, "the database claims to be of a version that cannot be written");
    return r;
}

/* SQLite reports a page that cannot be read as if it were damaged: "unable to get the page. error
 * code=266", or "failed to get page 9". */
static int unreadable(struct db *db, const char *saying, const char *check)
{
    static const char coded[] = "error code=";
    const char *code = strstr(saying, coded);
    if (code)
        return answer(db, atoi(code + sizeof coded - 1), check);
    return strstr(saying, "failed to get page") ? answer(db, SQLITE_IOERR_READ, check) : 0;
}

/* A check that says nothing was not carried out: SQLite 3.46 ends one so when it gets no memory. */
int db_check_table(struct db *db, const char *check)
{
    struct saying saying;
    int r = first_row(db, check, FAULT_LIBRARY, take_text, &saying);
    if (r || strcmp(saying.text, "ok") == 0)
        return r;
    r = unreadable(db, saying.text, check);
    return r ? r : failure(FAULT_BROKEN, "%.150s", saying.text);
}

int db_hold_space(struct db *db, enum reserve_use use)
{
    uint64_t frames = (uint64_t)db->log_frames + db->touched;
    int r = reserve_hold(&db->log_reserve, frames * FRAME_SIZE, use);
    return r ? r : reserve_hold(&db->room, (db->pages + frames) * PAGE_SIZE, use);
}

int db_checkpoint_if_due(struct db *db)
{
    if (db->owes)
        return db_overwrite_old_pages(db);
    if (db->log_frames < CHECKPOINT_FRAMES)
        return 0;
    int code = sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* Without space the write-ahead log stays and goes on growing: it holds everything, and the
     * next commit tries again. Nothing had been synced yet. */
    if (code == SQLITE_FULL)
        return 0;
    if (code == SQLITE_OK)
        forget_frames(db);
    return answer(db, code, "checkpoint");
}

/* --- What was deleted --- */

static int clear_part(sqlite3_file *file, uint64_t from, uint64_t to)
{
    static const uint8_t zeros[65536];
    int code = SQLITE_OK;
    while (code == SQLITE_OK && from < to) {
        uint64_t some = to - from < sizeof zeros ? to - from : sizeof zeros;
        code = file->pMethods->xWrite(file, zeros, (int)some, (sqlite3_int64)from);
        from += some;
    }
    return code == SQLITE_OK ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : code;
}

/* Overwrites and syncs the header of the write-ahead log first: without a header nothing of the
 * file is read, whatever a power cut leaves of the rest. */
static int overwrite_log(sqlite3_file *file, int frames)
{
    uint64_t size = 0, end = LOG_HEADER_SIZE + (uint64_t)frames * FRAME_SIZE;
    int code = log_size(file, &size);
    if (code != SQLITE_OK || size == 0)
        return code;
    if (end > size)
        end = size;
    code = clear_part(file, 0, end < LOG_HEADER_SIZE ? end : LOG_HEADER_SIZE);
    return code == SQLITE_OK ? clear_part(file, LOG_HEADER_SIZE, end) : code;
}

static int overwrite_old_frames(struct db *db)
{
    sqlite3_file *file = log_file(db);
    if (!file || db->log_written == 0)
        return 0;
    /* with RESTART the next commit writes from the start of the log, header included */
    int code = sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    if (code == SQLITE_OK)
        code = overwrite_log(file, db->log_written);
    db->owes = code == SQLITE_FULL; /* also of what was there, where the medium copies on write */
    if (db->owes)
        return 0;
    if (code != SQLITE_OK)
        return answer(db, code, "overwriting old pages");
    forget_frames(db);
    db->log_written = 0;
    return 0;
}

static int bring_up_to_date(struct db_copy *copy);

int db_overwrite_old_pages(struct db *db)
{
    int r = db->copy ? bring_up_to_date(db->copy) : 0;
    return r ? r : overwrite_old_frames(db);
}

/* Of a number that SQLite stores in so many bytes; 0 and 1 take none. */
static size_t number_size(uint64_t number)
{
    static const struct {
        uint64_t below;
        size_t size;
    } steps[] = { { 2, 0 },       { 1 << 7, 1 },     { 1 << 15, 2 },
                  { 1 << 23, 3 }, { 1ULL << 31, 4 }, { 1ULL << 47, 6 } };
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (number < steps[i].below)
            return steps[i].size;
    return 8;
}

static size_t varint_size(uint64_t number)
{
    size_t size = 1;
    while (number >>= 7)
        size++;
    return size;
}

/* Size of a value's type code in the row's header. */
static size_t head_of(size_t size)
{
    return varint_size(2 * (uint64_t)size + 13);
}

/* Offsets in the row at which the last column begins and ends. */
struct extent {
    size_t begin, end;
};

static struct extent extent_of(const struct db_shape *row, size_t spare, size_t size)
{
    size_t head = 1 + row->number_count + head_of(spare) + head_of(size), body = spare;
    for (size_t i = 0; i < row->number_count; i++)
        body += number_size(row->numbers[i]);
    for (size_t i = 0; i < row->size_count; i++) {
        head += head_of(row->sizes[i]);
        body += row->sizes[i];
    }
    head += varint_size(head + 1);
    return (struct extent){ head + body, head + body + size };
}

size_t db_spare(const struct db_shape *row, size_t size)
{
    enum { LOCAL = (PAGE_SIZE - 12) * 32 / 255 - 23, OVERFLOW = PAGE_SIZE - 4 };
    enum { HEAD = 4 }; /* bytes by which the row's header may grow because of the zeros */
    struct extent at = extent_of(row, 0, size);
    size_t spare = at.begin < LOCAL ? LOCAL - at.begin : 0;
    at = extent_of(row, spare, size);
    size_t missing = OVERFLOW - (at.end - LOCAL) % OVERFLOW;
    spare += missing > HEAD ? missing - HEAD : 0;
    while ((extent_of(row, spare, size).end - LOCAL) % OVERFLOW)
        spare++;
    return spare;
}

bool db_in_transaction(const struct db *db)
{
    return db->handle && !sqlite3_get_autocommit(db->handle);
}

uint64_t db_inserted(const struct db *db)
{
    return (uint64_t)sqlite3_last_insert_rowid(db->handle);
}

/* --- Copying --- */

/* How many pages db_copy_step() leaves to db_copy_finish(): after the last page SQLite would no
 * longer copy later changes. */
#define PAGES_KEPT 8

int db_copy_begin(struct db_copy *out, struct db *from, const char *path)
{
    *out = (struct db_copy){ .from = from };
    char *name = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    int r = name_file(path, true, &name);
    if (r)
        return r;
    int code = sqlite3_open_v2(name, &out->to, flags, NULL);
    free(name);
    if (code == SQLITE_OK) /* the copy is synced once it is complete; before, it is of no use
                              anyway */
        code = sqlite3_exec(out->to, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        out->backup = sqlite3_backup_init(out->to, "main", from->handle, "main");
        code = out->backup ? SQLITE_OK : sqlite3_extended_errcode(out->to);
    }
    if (code != SQLITE_OK)
        db_copy_end(out);
    else
        from->copy = out;
    return answer(from, code, "copy");
}

static sqlite3_file *file_of_copy(const struct db_copy *copy)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(copy->to, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return code == SQLITE_OK && file && file->pMethods ? file : NULL;
}

/* Onto the disk now: what SQLite changes in a copy it changes in memory, and the file keeps the old
 * page. */
static int flush_copy(struct db_copy *copy)
{
    sqlite3_file *file = file_of_copy(copy);
    int code = sqlite3_db_cacheflush(copy->to);
    if (code == SQLITE_OK && file)
        code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    return code;
}

static int count_copied(const struct db_copy *copy)
{
    return sqlite3_backup_pagecount(copy->backup) - sqlite3_backup_remaining(copy->backup);
}

/* A transaction that was rolled back has made SQLite begin anew: until a page has its turn again,
 * it is as it was. */
static int copy_again(struct db_copy *copy)
{
    int code = sqlite3_backup_step(copy->backup, 0); /* counts */
    int missing = code == SQLITE_OK ? copy->reached - count_copied(copy) : 0;
    return missing > 0 ? sqlite3_backup_step(copy->backup, missing) : code;
}

static int overwrite_copy(struct db_copy *copy)
{
    sqlite3_file *file = file_of_copy(copy);
    sqlite3_int64 size = 0;
    int code = file ? file->pMethods->xFileSize(file, &size) : SQLITE_OK;
    if (code == SQLITE_OK && file)
        code = clear_part(file, 0, (uint64_t)size);
    return code == SQLITE_OK ? 0 : failure(FAULT_DISK, "cannot overwrite the copy (%d)", code);
}

static int bring_up_to_date(struct db_copy *copy)
{
    if (copy->failed || !copy->backup)
        return 0;
    int code = copy_again(copy);
    if (code == SQLITE_OK)
        code = flush_copy(copy);
    if (code == SQLITE_OK)
        return 0;
    copy->failed = code == SQLITE_FULL ? STORE_FULL : FAULT_DISK;
    return overwrite_copy(copy);
}

/* Whether to go on in steps. A rollback in the source makes SQLite begin the copy anew, so after
 * four times the size db_copy_finish() does the rest. */
static bool is_patient(const struct db_copy *copy)
{
    return copy->pages <= 4 * (uint64_t)sqlite3_backup_pagecount(copy->backup);
}

static int give_up(const struct db_copy *copy)
{
    return copy->failed < 0 ? failure(copy->failed, "the copy could not be written") : copy->failed;
}

/* What befalls the copy's file says nothing of the store's. */
static int answer_of_copy(const struct db_copy *copy, int code)
{
    return is_sync_failure(code) ? failure(FAULT_DISK, "cannot sync the copy (%d)", code)
                                 : answer(copy->from, code, "copy");
}

int db_copy_step(struct db_copy *copy, int pages)
{
    if (copy->failed)
        return give_up(copy);
    int code = sqlite3_backup_step(copy->backup, 0); /* counts */
    int left = sqlite3_backup_remaining(copy->backup) - PAGES_KEPT;
    if (code != SQLITE_OK)
        return answer(copy->from, code, "copy");
    if (left <= 0 || !is_patient(copy))
        return 0;
    pages = pages < left ? pages : left;
    copy->pages += (uint64_t)pages;
    code = sqlite3_backup_step(copy->backup, pages);
    if (copy->reached < count_copied(copy))
        copy->reached = count_copied(copy);
    if (code == SQLITE_OK)
        code = flush_copy(copy);
    return code == SQLITE_OK ? DB_MORE : answer_of_copy(copy, code);
}

int db_copy_finish(struct db_copy *copy)
{
    if (copy->failed)
        return give_up(copy);
    struct db *from = copy->from;
    int code = sqlite3_backup_step(copy->backup, -1);
    int end = sqlite3_backup_finish(copy->backup);
    copy->backup = NULL;
    db_copy_end(copy);
    return answer(from, code == SQLITE_DONE ? end : code, "copy");
}

void db_copy_end(struct db_copy *copy)
{
    if (copy->backup)
        sqlite3_backup_finish(copy->backup);
    sqlite3_close(copy->to);
    if (copy->from && copy->from->copy == copy)
        copy->from->copy = NULL;
    copy->backup = NULL;
    copy->to = NULL;
    copy->from = NULL; /* it may be closed before this is called again */
}

/* --- Queries --- */

static void note(struct query *q, int code)
{
    if (!q->result)
        q->result = answer(q->db, code, "preparing a statement");
}

struct query db_query(struct db *db, size_t statement)
{
    struct query q = { .db = db, .columns = db->statements[statement].columns };
    if (!db->prepared[statement])
        note(&q, sqlite3_prepare_v3(db->handle, db->statements[statement].text, -1,
                                    SQLITE_PREPARE_PERSISTENT, &db->prepared[statement], NULL));
    q.statement = db->prepared[statement];
    return q;
}

void query_bind_number(struct query *q, uint64_t value)
{
    if (!q->result && value > INT64_MAX)
        q->result = failure(FAULT_BROKEN, "a number of 64 bits");
    if (!q->result)
        note(q, sqlite3_bind_int64(q->statement, ++q->bound, (sqlite3_int64)value));
}

void query_bind_zeros(struct query *q, size_t size)
{
    if (!q->result)
        note(q, sqlite3_bind_zeroblob64(q->statement, ++q->bound, size));
    q->db->touched += size / PAGE_SIZE + 1;
}

void query_bind_bytes(struct query *q, struct span bytes)
{
    /* a null pointer would bind NULL instead of an empty value */
    const void *at = bytes.size ? (const void *)bytes.at : "";
    if (!q->result)
        note(q, sqlite3_bind_blob64(q->statement, ++q->bound, at, bytes.size, SQLITE_STATIC));
    q->db->touched += bytes.size / PAGE_SIZE;
}

void query_bind_text(struct query *q, struct span text)
{
    const char *at = text.size ? (const char *)text.at : "";
    if (!q->result)
        note(q, sqlite3_bind_text(q->statement, ++q->bound, at, (int)text.size, SQLITE_STATIC));
}

/* Stops at the first byte that is not zero: the bytes are not secret. */
static bool is_all_zero(struct span bytes)
{
    return !bytes.size || (!bytes.at[0] && !memcmp(bytes.at, bytes.at + 1, bytes.size - 1));
}

static bool has_zero(struct span text)
{
    return text.size && memchr(text.at, 0, text.size);
}

/* Whether the value of a column has the type that its letter declares. */
static bool holds(struct query *q, int column, char letter)
{
    static const struct {
        char letter;
        int type;
    } types[] = { { 'w', SQLITE_INTEGER },
                  { 'n', SQLITE_INTEGER },
                  { 'b', SQLITE_BLOB },
                  { 'z', SQLITE_BLOB },
                  { 't', SQLITE_TEXT } };
    int type = SQLITE_NULL;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (types[i].letter == letter)
            type = types[i].type;
    if (type == SQLITE_NULL || sqlite3_column_type(q->statement, column) != type)
        return false;
    if (letter == 'z')
        return is_all_zero(query_bytes(q, column));
    if (letter == 't')
        return !has_zero(query_bytes(q, column));
    if (letter == 'b')
        return true;
    sqlite3_int64 number = sqlite3_column_int64(q->statement, column);
    return number >= 0 && (letter == 'n' || number <= UINT32_MAX);
}

static int check_row(struct query *q)
{
    int count = sqlite3_column_count(q->statement);
    bool good = (size_t)count == strlen(q->columns);
    for (int i = 0; good && i < count; i++)
        good = holds(q, i, q->columns[i]);
    /* a value that could not be fetched because memory ran out looks like an empty one */
    if (good && sqlite3_errcode(q->db->handle) == SQLITE_NOMEM)
        return failure(FAULT_MEMORY, "no memory for a row");
    return good ? QUERY_ROW
                : failure(FAULT_BROKEN, "a value that its column cannot hold, at: %.60s",
                          sqlite3_sql(q->statement));
}

int query_step(struct query *q)
{
    if (q->result)
        return q->result;
    int r = answer(q->db, sqlite3_step(q->statement), sqlite3_sql(q->statement));
    return r == QUERY_ROW ? check_row(q) : r;
}

uint32_t query_word(struct query *q, int column)
{
    return (uint32_t)query_number(q, column);
}

uint64_t query_number(struct query *q, int column)
{
    return (uint64_t)sqlite3_column_int64(q->statement, column);
}

struct span query_bytes(struct query *q, int column)
{
    const void *at = sqlite3_column_blob(q->statement, column);
    return span_of(at, (size_t)sqlite3_column_bytes(q->statement, column));
}

void query_end(struct query *q)
{
    if (q->statement)
        sqlite3_reset(q->statement);
    q->statement = NULL;
}

int query_run(struct query *q)
{
    int r = query_step(q);
    query_end(q);
    q->db->touched += PAGES_A_CHANGE;
    return r == QUERY_ROW ? 0 : r;
}

int query_change_one(struct query *q)
{
    int r = query_run(q);
    if (!r && sqlite3_changes(q->db->handle) != 1)
        r = failure(FAULT_BROKEN, "a change of %d rows instead of one",
                    sqlite3_changes(q->db->handle));
    return r;
}
