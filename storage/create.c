/* SPDX-License-Identifier: Apache-2.0 */
/* Creates a store in a sequence of steps, which are undone when one of them fails. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/path.h"
#include "storage/internal.h"
#include "storage/place.h"
#include "storage/schema.h"

/* Checks an existing folder: anybody who may write to it could replace the store. */
static int check_folder(struct attempt *a)
{
    struct stat facts;
    if (stat(a->paths.folder, &facts) == 0 && !(facts.st_mode & (S_IWGRP | S_IWOTH)))
        return 0;
    return refuse(a->why, STORE_DENIED,
                  "Others than its owner may write to the folder %s; take their rights away with "
                  "chmod 700, or choose another.",
                  a->paths.folder);
}

static int make_folder(struct attempt *a)
{
    if (mkdir(a->paths.folder, 0700) == 0) {
        a->made_folder = true;
        return 0;
    }
    if (errno == EEXIST)
        return check_folder(a);
    return refuse(a->why, errno == ENOENT ? STORE_MISSING : STORE_DENIED,
                  "The folder %s cannot be made (%s); make the folder above it, or choose another "
                  "place.",
                  a->paths.folder, strerror(errno));
}

/* Makes the database file itself, not through SQLite, so that its mode keeps others from reading it
 * from the start. */
static int make_database_file(struct attempt *a)
{
    int file = open(a->paths.database, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST)
        return refuse(a->why, STORE_EXISTS,
                      "There is a store in %s already; choose another folder or open that one.",
                      a->paths.folder);
    if (file < 0)
        return DB_DENIED;
    close(file);
    a->made_database = true;
    return 0;
}

/* Uses an existing key file: it may come from a credential store. */
static int make_key_file(struct attempt *a)
{
    if (a->place->unlock != UNLOCK_KEY_FILE || access(a->paths.key_file, F_OK) == 0)
        return 0;
    int r = unlock_make_key_file(a->paths.key_file);
    a->made_key_file = r == 0;
    return r;
}

/* Refuses to replace an existing anchor: it protects another store. */
static int make_anchor(struct attempt *a)
{
    if (access(a->paths.anchor, F_OK) == 0)
        return refuse(a->why, STORE_EXISTS,
                      "There is an anchor %s already; it may protect another store: choose another "
                      "place for this one's.",
                      a->paths.anchor);
    a->store->anchor_beside_store = path_share_folder(a->paths.anchor, a->paths.database);
    int r = anchor_open(&a->store->anchor, a->paths.anchor, ANCHOR_MAKE);
    if (r > 0)
        return refuse(a->why, STORE_DENIED,
                      "The anchor %s cannot be made; choose another place for it.",
                      a->paths.anchor);
    a->made_anchor = r == 0;
    return r;
}

static int open_database(struct attempt *a)
{
    struct db *db = &a->store->db;
    int r = db_open(db, DB_CREATE, a->paths.database, schema_statements, SQL_COUNT);
    if (!r)
        r = schema_migrate(db, 0);
    return r ? r : db_use_write_ahead_log(db);
}

/* --- The first state, for stores on disk and in memory --- */

static int write_first_state(struct store *s)
{
    int r = rowset_compute(&s->db, &s->keys, &s->next.rows, NULL);
    return r ? r : state_store(&s->next, &s->db, &s->keys, true);
}

static int put_secrets(struct store *s, const struct unlock_source *source,
                       const uint8_t inner[INNER_SIZE])
{
    SCOPED_SECRET(root, ROOT_SIZE);
    randombytes_buf(root, ROOT_SIZE);
    int r = unlock_add(&s->db, source, "first", root);
    return r ? r : inner_put(&s->db, root, inner);
}

/* source: what unlocks the store; NULL for one in memory. */
static int begin_first_state(struct store *s, const struct unlock_source *source)
{
    SCOPED_SECRET(inner, INNER_SIZE);
    randombytes_buf(inner, INNER_SIZE);
    randombytes_buf(s->now.device, DEVICE_SIZE);
    randombytes_buf(s->now.incarnation, INCARNATION_SIZE);
    s->now.policy = state_default_policy;

    int r = hierarchy_init(&s->keys, inner);
    if (!r)
        r = store_begin(s);
    if (!r && source)
        r = put_secrets(s, source, inner);
    if (!r)
        r = write_first_state(s);
    /* Stores the same row again, as every commit does. */
    return r ? r : store_commit(s, true);
}

static int write_state_on_disk(struct attempt *a)
{
    struct unlock_source source = paths_source(&a->paths, a->place);
    return begin_first_state(a->store, &source);
}

/* Syncs the folder, so that the new files' names survive a power cut. */
static int sync_folder(struct attempt *a)
{
    db_accept(&a->store->db, DB_IN_PLACE);
    if (fsync(a->store->lock.folder) != 0)
        return failure(FAULT_DISK, "cannot sync the folder: %m");
    return 0;
}

static void undo(struct attempt *a)
{
    store_close(&a->store);
    if (a->made_database) {
        unlink(a->paths.database);
        unlink(a->paths.journal);
        unlink(a->paths.write_ahead_log);
    }
    if (a->made_key_file)
        unlink(a->paths.key_file);
    if (a->made_anchor)
        unlink(a->paths.anchor);
    if (a->made_folder)
        rmdir(a->paths.folder);
}

static int create_on_disk(struct attempt *a)
{
    static attempt_step *const steps[] = {
        make_folder, attempt_lock,  make_database_file,  make_key_file,
        make_anchor, open_database, write_state_on_disk, sync_folder,
    };
    int r = paths_init(&a->paths, a->place);
    if (!r)
        r = attempt_run(a, steps, COUNT_OF(steps));
    if (r)
        undo(a);
    return r;
}

static int create_in_memory(struct attempt *a)
{
    struct store *s = a->store;
    s->ephemeral = true;
    int r = db_open(&s->db, DB_MEMORY, NULL, schema_statements, SQL_COUNT);
    if (!r)
        r = schema_migrate(&s->db, 0);
    if (r)
        return r;
    db_accept(&s->db, DB_IN_PLACE);
    return begin_first_state(s, NULL);
}

int store_create(const struct store_place *place, struct store **out, struct store_refusal *out_why)
{
    SCOPED(attempt_end) struct attempt a = { .place = place, .why = out_why };
    failure_clear();
    int r = store_new(&a.store);
    if (!r)
        r = place->folder ? create_on_disk(&a) : create_in_memory(&a);
    if (r)
        return r;
    *out = a.store;
    a.store = NULL;
    return 0;
}
