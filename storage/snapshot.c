/* Copying a store that is open. */
#include "storage/snapshot.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

/* What the copy begins with: handed over by the source in the transaction of its record. */
struct handover {
    uint8_t seed[ED25519_SEED_SIZE];
    uint8_t note_bytes[NOTE_MAX];
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
        r = db_run(&copy->db, "PRAGMA synchronous = OFF"); /* it is synced once, when it is whole */
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

static int make_file(struct store *s, const char *path, const struct handover *handover)
{
    SCOPED(store_close) struct store *copy = NULL;
    int r = db_copy(&s->db, path);
    if (!r)
        r = open_copy(s, path, &copy);
    return r ? r : take_over(copy, handover);
}

/* The write-ahead log of the copy has gone into it by now. Closing leaves an empty one beside it, with
 * SQLite 3.46, not with 3.40. */
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

/* Until the copy has taken over, the source's signing key is in it: it has another name so long. */
static int make_whole(struct store *s, const char *part, const char *path,
                      const struct handover *handover)
{
    int r = take_name(part);
    if (r)
        return r;
    r = make_file(s, part, handover);
    if (!r)
        r = remove_log(part);
    if (!r)
        r = sync_file(part);
    if (!r && rename(part, path) != 0)
        r = failure(FAULT_DISK, "cannot name the snapshot: %m");
    if (r && destroy_file(part))
        unlink(part);
    return r;
}

int snapshot_make(struct store *s, const struct audit_record *event, const char *path)
{
    SCOPED(handover_wipe) struct handover handover;
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s" SNAPSHOT_PART, path) >= (int)sizeof part)
        return failure(FAULT_DISK, "the snapshot's path is too long");
    int r = take_name(path);
    if (r)
        return r;
    r = record(s, event, &handover);
    if (!r)
        r = make_whole(s, part, path, &handover);
    if (r)
        unlink(path);
    return r;
}
