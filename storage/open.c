/* Opening: a row of steps, each of which may refuse. Until the last one the store is only read. */
#include "storage/open.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "storage/audit.h"
#include "storage/internal.h"
#include "storage/place.h"
#include "storage/schema.h"

int store_new(struct store **out)
{
    if (sodium_init() < 0)
        return failure(FAULT_LIBRARY, "libsodium does not start");
    int r = crypto_init();
    if (r)
        return r;
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return failure(FAULT_MEMORY, "no memory for a store");
    s->db.reserve = RESERVE_NONE;
    s->anchor = ANCHOR_NONE;
    s->lock = LOCK_NONE;
    *out = s;
    return 0;
}

void store_close(struct store **s)
{
    if (!*s)
        return;
    store_rollback(*s);
    db_close(&(*s)->db);
    hierarchy_deinit(&(*s)->keys);
    anchor_close(&(*s)->anchor);
    lock_release(&(*s)->lock);
    secret_wipe(*s, sizeof **s);
    free(*s);
    *s = NULL;
}

struct store_facts store_facts(const struct store *s)
{
    struct store_facts facts = { .generation = s->now.generation,
                                 .objects = s->now.rows.objects,
                                 .log_size = s->now.log.size,
                                 .boot = s->now.boot,
                                 .ephemeral = s->ephemeral,
                                 .anchor_beside_store = s->anchor_beside_store,
                                 .usable = !s->unusable && !s->db.sync_failed };
    for (size_t i = 0; i < INCARNATION_SIZE; i++)
        facts.incarnation[i] = s->now.incarnation[i];
    return facts;
}

/* --- Steps --- */

static int find_database(struct attempt *a)
{
    struct stat facts;
    const char *path = a->paths.database;
    if (stat(path, &facts) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return refuse(a->why, STORE_MISSING,
                      "There is no store in %s; make one with: glasshsm store create %s",
                      a->paths.folder, a->paths.folder);
    if (access(path, R_OK | W_OK) != 0 || access(a->paths.folder, R_OK | W_OK | X_OK) != 0)
        return DB_DENIED;
    /* Only making a store writes such a journal, and SQLite would play it back at once. */
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

static int open_database(struct attempt *a)
{
    struct db *db = &a->store->db;
    uint64_t version;
    int r = db_open(db, DB_EXISTING, a->paths.database, schema_statements, SQL_COUNT);
    if (!r)
        r = db_ask(db, "PRAGMA user_version", &version);
    if (r)
        return r;
    /* Asked again: the write-ahead log may be newer than the file. There is no older version. */
    if (version > schema_version())
        return refuse_newer(a, version);
    if (version < schema_version())
        return failure(FAULT_BROKEN, "it claims to be of format %u", (unsigned)version);
    return schema_check(db);
}

static int unlock(struct attempt *a)
{
    SCOPED_SECRET(root, ROOT_SIZE);
    struct unlock_source source = paths_source(&a->paths, a->place);
    int r = unlock_root(&a->store->db, &source, root);
    return r ? r : hierarchy_init(&a->store->keys, root);
}

static int verify(struct attempt *a)
{
    return state_load(&a->store->now, &a->store->db, &a->store->keys);
}

/* --- The anchor --- */

static int refuse_anchor(struct attempt *a, int refusal, const char *what)
{
    a->rolled_back = a->place->accept_rollback;
    if (a->rolled_back)
        return 0;
    return refuse(a->why, refusal,
                  "The store %s %s %s; put the right files there, or open it once with "
                  "--accept-rollback, which the log will tell.",
                  a->paths.folder, what, a->paths.anchor);
}

/* Whether the store's log begins with the records that the anchor has seen. */
static int extends(struct store *s, const struct anchor_mark *mark, bool *out)
{
    struct merkle tree;
    uint8_t root[SHA256_SIZE];
    *out = false;
    if (mark->log_size > s->now.log.size ||
        !span_equal(SPAN_OF(mark->incarnation), SPAN_OF(s->now.incarnation)))
        return 0;
    int r = state_load_tree(&s->db, mark->log_size, &tree);
    if (!r)
        r = merkle_root(&tree, root);
    if (!r)
        *out = span_equal(SPAN_OF(root), SPAN_OF(mark->log_root));
    return r;
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
    /* Ahead by any number of commits: the anchor is synced for security operations only. */
    if (mark->generation == s->now.generation ? same : extended)
        return 0;
    return refuse_anchor(a, STORE_ROLLED_BACK, "has another history than its anchor");
}

static int check_anchor(struct attempt *a)
{
    struct store *s = a->store;
    struct anchor_mark mark = { 0 };
    s->anchor_beside_store = paths_share_folder(a->paths.anchor, a->paths.database);
    int r = anchor_open(&s->anchor, a->paths.anchor, false);
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
    a->anchored = mark.generation;
    return r ? r : compare(a, &mark);
}

/* The next commit, without keeping it: damage in the pages that it will change shows now, while the
 * store can still be refused. Reading the whole log would show more, and take ever longer. */
static int rehearse(struct attempt *a)
{
    const struct audit_record event = { .action = AUDIT_POWER_ON };
    int r = store_begin(a->store);
    if (!r)
        r = audit_append(a->store, &event);
    store_rollback(a->store);
    return r;
}

/* --- From here on the store may be written --- */

static int accept(struct attempt *a)
{
    struct store *s = a->store;
    db_accept(&s->db);
    if (!a->rolled_back)
        return 0;
    int r = s->anchor.file < 0 ? anchor_open(&s->anchor, a->paths.anchor, true) : 0;
    if (r)
        return r < 0 ? r : failure(FAULT_DISK, "cannot make the anchor");
    uint64_t past = a->anchored > s->now.generation ? a->anchored : s->now.generation;
    return store_begin_incarnation(s, past + 1);
}

int store_open(const struct store_place *place, struct store **out, struct store_refusal *out_why)
{
    static attempt_step *const steps[] = { find_database, attempt_lock, recognise,
                                           open_database, unlock,       verify,
                                           check_anchor,  rehearse,     accept };
    SCOPED(attempt_end) struct attempt a = { .place = place, .why = out_why };
    failure_clear(); /* a fault of this attempt shall be told, not an older one */
    if (!place->folder)
        return refuse(out_why, STORE_MISSING, "A store in memory cannot be opened, only created.");
    int r = paths_init(&a.paths, place);
    if (!r)
        r = store_new(&a.store);
    if (!r)
        r = attempt_run(&a, steps, COUNT_OF(steps));
    if (r)
        return r;
    *out = a.store;
    a.store = NULL;
    return 0;
}
