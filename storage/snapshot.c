/* SPDX-License-Identifier: Apache-2.0 */
/* Makes snapshots of a store that is open and in use. */
#include "storage/snapshot.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

/* Pages in a step, 1 KiB each: at first the fewest; then as many as this medium writes and syncs
 * within STEP_US. */
#define PAGES_LEAST 32
#define PAGES_MOST  512
#define STEP_US     8000

/* The first epoch of the copy: the source gives seed and note in the transaction of the snapshot's
 * record. */
struct handover {
    uint8_t seed[ED25519_SEED_SIZE];
    uint8_t note_bytes[CHECKPOINT_MAX];
    struct writer note;
};

static void handover_wipe(struct handover *handover)
{
    secret_wipe(handover, sizeof *handover);
}

static int record(struct store *s, const struct audit_record *facts, struct handover *out)
{
    struct audit_record event = store_event(facts);
    event.action = AUDIT_SNAPSHOT;
    out->note = WRITER_OF(out->note_bytes);
    int r = store_begin(s);
    if (!r)
        r = audit_hand_over(s, &event, out->seed, &out->note);
    if (!r)
        return store_commit(s, true);
    store_rollback(s);
    return r;
}

/* --- The copy, as a store without a folder --- */

static int copy_keys(const struct hierarchy *from, struct hierarchy *to)
{
    int r = secret_init(&to->keys, from->keys.size);
    if (!r)
        memcpy(to->keys.at, from->keys.at, from->keys.size);
    return r;
}

static int open_copy(const struct store *s, const char *path, struct store **out)
{
    SCOPED(store_close) struct store *copy = NULL;
    int r = store_new(&copy);
    if (!r)
        r = copy_keys(&s->keys, &copy->keys);
    if (!r)
        r = db_open(&copy->db, DB_EXISTING, path, schema_statements, SQL_COUNT);
    if (!r)
        r = db_run(&copy->db, "PRAGMA synchronous = OFF"); /* the file is synced once, when it is
                                                              complete */
    if (!r)
        r = directory_copy(&s->directory, &copy->directory);
    if (r)
        return r;
    db_accept(&copy->db, DB_IN_PASSING);
    copy->now = s->now;
    *out = copy;
    copy = NULL;
    return 0;
}

static int take_over(struct store *copy, const struct handover *handover)
{
    int r = store_begin(copy);
    if (!r)
        r = audit_take_over(copy, handover->seed, written(&handover->note));
    if (!r)
        return store_commit(copy, false);
    store_rollback(copy);
    return r;
}

/* Removes the copy's empty write-ahead log, whose pages were moved into the copy before. SQLite
 * 3.46 leaves one on closing, 3.40 does not. */
static int remove_log(const char *path)
{
    char log[PATH_MAX];
    struct stat facts;
    if (snprintf(log, sizeof log, "%s-wal", path) >= (int)sizeof log)
        return failure(FAULT_DISK, "the snapshot's path is too long");
    if (stat(log, &facts) != 0)
        return 0;
    if (facts.st_size > 0)
        return failure(FAULT_DISK, "the snapshot is not whole: there is something in %s", log);
    return unlink(log) == 0 ? 0 : failure(FAULT_DISK, "cannot remove %s: %m", log);
}

static int sync_file(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return synced ? 0 : failure(FAULT_DISK, "cannot sync the snapshot: %m");
}

static int take_name(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return failure(FAULT_DISK, "cannot make the snapshot: %m");
    close(file);
    return 0;
}

/* --- Snapshots in steps --- */

struct snapshot {
    struct store *source;
    struct db_copy copy;
    int pages; /* of the next step */
    char path[PATH_MAX], part[PATH_MAX];
    bool named; /* this snapshot has made the file `path`, which is still empty */
    bool whole;
};

/* Takes both names. The copy is written under the second one, since it contains the source's
 * signing key until its own epoch has begun. */
static int take_names(struct snapshot *snapshot, const char *path)
{
    int sizes[] = { snprintf(snapshot->path, PATH_MAX, "%s", path),
                    snprintf(snapshot->part, PATH_MAX, "%s" SNAPSHOT_PART, path) };
    if (sizes[0] >= PATH_MAX || sizes[1] >= PATH_MAX)
        return failure(FAULT_DISK, "the snapshot's path is too long");
    int r = take_name(path);
    snapshot->named = !r;
    if (!r)
        r = take_name(snapshot->part);
    if (r)
        snapshot->part[0] = 0; /* the file was not made here: do not remove it */
    return r;
}

int snapshot_begin(struct store *s, const char *path, struct snapshot **out)
{
    SCOPED(snapshot_drop) struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot)
        return failure(FAULT_MEMORY, "no memory for a snapshot");
    snapshot->source = s;
    snapshot->pages = PAGES_LEAST;
    int r = take_names(snapshot, path);
    if (!r)
        r = db_copy_begin(&snapshot->copy, &s->db, snapshot->part);
    if (r)
        return r;
    *out = snapshot;
    snapshot = NULL;
    return 0;
}

/* One slow sync may be chance: fewer at once, more only bit by bit. */
static void choose_pages(struct snapshot *snapshot, uint64_t took_us)
{
    int *pages = &snapshot->pages;
    *pages = took_us > STEP_US ? *pages / 2 : *pages + *pages / 4;
    if (*pages < PAGES_LEAST)
        *pages = PAGES_LEAST;
    if (*pages > PAGES_MOST)
        *pages = PAGES_MOST;
}

int snapshot_step(struct snapshot *snapshot)
{
    uint64_t begun = now_us();
    int r = db_copy_step(&snapshot->copy, snapshot->pages);
    choose_pages(snapshot, now_us() - begun);
    return r == DB_MORE ? SNAPSHOT_MORE : r;
}

static int make_whole(struct snapshot *snapshot, const struct handover *handover)
{
    SCOPED(store_close) struct store *copy = NULL;
    int r = db_copy_finish(&snapshot->copy);
    if (!r)
        r = open_copy(snapshot->source, snapshot->part, &copy);
    if (!r)
        r = take_over(copy, handover);
    store_close(&copy);
    if (!r)
        r = remove_log(snapshot->part);
    if (!r)
        r = sync_file(snapshot->part);
    if (!r && rename(snapshot->part, snapshot->path) != 0)
        r = failure(FAULT_DISK, "cannot name the snapshot: %m");
    if (!r)
        r = store_sync_name(snapshot->path);
    snapshot->whole = !r;
    return r;
}

int snapshot_finish(struct snapshot *snapshot, const struct audit_record *event)
{
    SCOPED(handover_wipe) struct handover handover;
    int r = record(snapshot->source, event, &handover);
    return r ? r : make_whole(snapshot, &handover);
}

void snapshot_drop(struct snapshot **inout)
{
    struct snapshot *snapshot = *inout;
    *inout = NULL;
    if (!snapshot)
        return;
    db_copy_end(&snapshot->copy);
    if (!snapshot->whole && snapshot->part[0] && destroy_file(snapshot->part))
        unlink(snapshot->part);
    if (!snapshot->whole && snapshot->named)
        unlink(snapshot->path);
    free(snapshot);
}

int snapshot_make(struct store *s, const struct audit_record *event, const char *path)
{
    SCOPED(snapshot_drop) struct snapshot *snapshot = NULL;
    int r = snapshot_begin(s, path, &snapshot);
    return r ? r : snapshot_finish(snapshot, event);
}
