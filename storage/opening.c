/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a store in a sequence of steps, each of which may refuse. Until `accept` the store is only
 * read. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/path.h"
#include "storage/audit.h"
#include "storage/internal.h"
#include "storage/leftovers.h"
#include "storage/place.h"
#include "storage/schema.h"

static int find_database(struct attempt *a)
{
    struct stat facts;
    const char *path = a->paths.database;
    if (stat(path, &facts) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return refuse(a->why, STORE_MISSING,
                      "There is no store in %s; make one with: glasshsm store create %s",
                      a->paths.folder, a->paths.folder);
    int rights = a->place->look_only ? R_OK : R_OK | W_OK;
    if (access(path, rights) != 0 || access(a->paths.folder, rights | X_OK) != 0)
        return DB_DENIED;
    /* only creating a store leaves such a journal, and SQLite would roll back with it at once */
    if (access(a->paths.journal, F_OK) == 0)
        return refuse(a->why, STORE_DAMAGED,
                      "Making the store %s was interrupted (%s is there); remove the folder and "
                      "make the store again, or restore a backup.",
                      a->paths.folder, a->paths.journal);
    return 0;
}

static int refuse_newer(struct attempt *a, uint64_t version)
{
    return refuse(a->why, STORE_NEWER,
                  "%s was written by a newer version of this program (format %llu, this one knows "
                  "%u); upgrade the program.",
                  a->paths.database, (unsigned long long)version, schema_version());
}

static int recognise(struct attempt *a)
{
    struct db_mark mark;
    int r = db_peek(a->paths.database, &mark);
    if (r)
        return r;
    if (mark.application != SCHEMA_APPLICATION)
        return DB_NO_DATABASE;
    return mark.version > schema_version() ? refuse_newer(a, mark.version) : 0;
}

/* On a read-only medium SQLite cannot even read a write-ahead log, so the file is opened as
 * frozen. */
static int find_mode(struct attempt *a, enum db_mode *out)
{
    struct stat log;
    bool writable = access(a->paths.database, W_OK) == 0 && access(a->paths.folder, W_OK) == 0;
    *out = writable ? DB_EXISTING : DB_FROZEN;
    if (writable || stat(a->paths.write_ahead_log, &log) != 0 || log.st_size == 0)
        return 0;
    return refuse(a->why, STORE_DENIED,
                  "The store %s was not closed, and cannot be written to here; copy its folder to "
                  "where it can be.",
                  a->paths.folder);
}

static int open_database(struct attempt *a)
{
    struct db *db = &a->store->db;
    uint64_t version;
    enum db_mode mode;
    int r = find_mode(a, &mode);
    if (!r)
        r = db_open(db, mode, a->paths.database, schema_statements, SQL_COUNT);
    if (!r)
        r = db_ask(db, "PRAGMA user_version", &version);
    if (r)
        return r;
    /* read again through SQLite: the write-ahead log may be newer than the file */
    if (version > schema_version())
        return refuse_newer(a, version);
    if (version == 0)
        return failure(FAULT_BROKEN, "it claims to be of format 0");
    a->version = (uint32_t)version;
    return schema_check(db, a->version);
}

/* In schema 1 all keys derive from the root secret itself, not from an inner secret. */
static int derive(struct attempt *a)
{
    SCOPED_SECRET(inner, INNER_SIZE);
    struct store *s = a->store;
    if (a->version == 1)
        return hierarchy_init(&s->keys, a->unlocked.root);
    int r = inner_open(&s->db, a->unlocked.root, inner);
    return r ? r : hierarchy_init(&s->keys, inner);
}

static int unlock(struct attempt *a)
{
    struct unlock_source source = paths_source(&a->paths, a->place);
    int r = unlock_root(&a->store->db, &source, &a->unlocked);
    if (!r)
        r = derive(a);
    return r;
}

static int verify(struct attempt *a)
{
    struct store *s = a->store;
    return state_load(&s->now, &s->directory, &s->db, &s->keys);
}

/* --- The anchor --- */

static int refuse_anchor(struct attempt *a, int refusal, const char *what)
{
    a->rolled_back = a->place->accept_rollback || a->place->becomes;
    if (a->rolled_back)
        return 0;
    return refuse(a->why, refusal,
                  "The store %s %s %s; put the right files there, or open it once with "
                  "--accept-rollback, which the log will tell.",
                  a->paths.folder, what, a->paths.anchor);
}

/* Whether the store's log extends the one that the anchor records. */
static int extends(struct store *s, const struct anchor_mark *mark, bool *out)
{
    *out = false;
    if (!span_equal(SPAN_OF(mark->incarnation), SPAN_OF(s->now.incarnation)))
        return 0;
    return audit_grew_from(s, mark->log_size, mark->log_root, out);
}

static int compare(struct attempt *a, const struct anchor_mark *mark)
{
    struct store *s = a->store;
    bool same = span_equal(SPAN_OF(mark->state), SPAN_OF(s->now.mac));
    bool extended = false;
    if (mark->generation > s->now.generation)
        return refuse_anchor(a, STORE_ROLLED_BACK,
                             "(its database or write-ahead log) is older than its anchor");
    int r = extends(s, mark, &extended);
    if (r)
        return r;
    /* the store may be ahead by any number of commits: the anchor is synced for security operations
     * only */
    if (mark->generation == s->now.generation ? same : extended)
        return 0;
    return refuse_anchor(a, STORE_ROLLED_BACK, "has another history than its anchor");
}

/* Refuses to start a copy (restored or cloned) in a place that already has an anchor. */
static int refuse_taken(struct attempt *a)
{
    return refuse(a->why, STORE_EXISTS, "There is an anchor %s already; choose another place.",
                  a->paths.anchor);
}

static int check_anchor(struct attempt *a)
{
    struct store *s = a->store;
    struct anchor_mark mark = { 0 };
    if (a->place->database) /* a snapshot has none */
        return 0;
    s->anchor_beside_store = path_share_folder(a->paths.anchor, a->paths.database);
    int r =
        anchor_open(&s->anchor, a->paths.anchor, a->place->look_only ? ANCHOR_LOOK : ANCHOR_FIND);
    if (r == ANCHOR_DENIED)
        return refuse(a->why, STORE_DENIED,
                      "The anchor %s cannot be opened for writing; give it to the user that runs "
                      "this program.",
                      a->paths.anchor);
    if (r == ANCHOR_ABSENT)
        return refuse_anchor(a, STORE_NO_ANCHOR, "has lost its anchor");
    if (!r)
        r = anchor_read(&s->anchor, &s->keys, &mark);
    if (r == ANCHOR_INVALID)
        return refuse_anchor(a, STORE_NO_ANCHOR, "does not belong to, or has damaged, its anchor");
    if (r)
        return r;
    a->anchored = mark.generation;
    return a->place->becomes ? refuse_taken(a) : compare(a, &mark);
}

/* Tries the next commit and rolls it back: damage in the pages that it changes shows now, while the
 * store can still be refused. Reading the whole log would find more, but would take longer as the
 * log grows. */
static int rehearse(struct attempt *a)
{
    const struct audit_record event = { .action = AUDIT_POWER_ON };
    SCOPED(unlocked_wipe) struct unlocked u = a->unlocked;
    int r = store_begin(a->store);
    if (!r && a->version < schema_version())
        r = store_upgrade(a->store, a->version, &u);
    if (!r)
        r = audit_append(a->store, &event);
    store_rollback(a->store);
    return r;
}

/* What a daemon that was killed while it copied has left. Where that is refused, the store's own
 * files are as they were. */
static int destroy_unfinished(struct attempt *a)
{
    return destroy_leftovers(a->paths.folder);
}

/* --- From here on the store may be written --- */

static int accept(struct attempt *a)
{
    struct store *s = a->store;
    db_accept(&s->db, DB_IN_PLACE);
    int r = s->anchor.file < 0 ? anchor_open(&s->anchor, a->paths.anchor, ANCHOR_MAKE) : 0;
    return r > 0 ? failure(FAULT_DISK, "cannot make the anchor") : r;
}

static int upgrade(struct attempt *a)
{
    struct store *s = a->store;
    if (a->version == schema_version())
        return 0;
    int r = store_begin(s);
    if (!r)
        r = store_upgrade(s, a->version, &a->unlocked);
    if (!r)
        return store_commit(s, true);
    store_rollback(s);
    return r;
}

static int begin_life(struct attempt *a)
{
    struct store *s = a->store;
    if (!a->rolled_back)
        return 0;
    uint64_t past = a->anchored > s->now.generation ? a->anchored : s->now.generation;
    return store_begin_incarnation(s, past + 1,
                                   a->place->becomes ? a->place->becomes : AUDIT_ROLLBACK_ACCEPTED);
}

static int keep_unlocked(struct attempt *a)
{
    struct store *s = a->store;
    int r = a->place->keep_unlocked ? secret_init(&s->unlocked, sizeof a->unlocked) : 0;
    if (!r && s->unlocked.at)
        memcpy(s->unlocked.at, &a->unlocked, sizeof a->unlocked);
    return r;
}

int store_open(const struct store_place *place, struct store **out, struct store_refusal *out_why)
{
    static attempt_step *const steps[] = { find_database, attempt_lock, recognise,
                                           open_database, unlock,       verify,
                                           check_anchor,  rehearse,     destroy_unfinished,
                                           accept,        upgrade,      begin_life,
                                           keep_unlocked };
    enum { LOOKING = 7 }; /* the steps that only look */
    SCOPED(attempt_end) struct attempt a = { .place = place, .why = out_why };
    failure_clear(); /* so that a fault of this attempt is reported, not an older one */
    if (!place->folder)
        return refuse(out_why, STORE_MISSING, "A store in memory cannot be opened, only created.");
    int r = paths_init(&a.paths, place);
    if (!r)
        r = store_new(&a.store);
    if (!r)
        a.store->look_only = place->look_only;
    if (!r)
        r = attempt_run(&a, steps, place->look_only ? LOOKING : COUNT_OF(steps));
    if (!r)
        r = keep_unlocked(&a);
    if (r)
        return r;
    *out = a.store;
    a.store = NULL;
    return 0;
}
