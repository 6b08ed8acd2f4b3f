/* Destroys a store: its last record, and overwriting and removing its files. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/place.h"
#include "storage/snapshot.h"

int destroy_record(struct store *s, uint32_t uid, struct writer *out_note)
{
    const struct audit_record event = { .action = AUDIT_DESTROYED,
                                        .role = AUDIT_ADMIN,
                                        .admin_uid = uid };
    int r = store_begin(s);
    if (!r)
        r = store_record(s, &event);
    if (!r)
        r = audit_checkpoint(s, out_note);
    if (!r)
        return store_commit(s, true);
    store_rollback(s);
    return r;
}

/* --- Files --- */

static int overwrite(int file)
{
    struct stat facts;
    uint8_t block[4096];
    if (fstat(file, &facts) != 0)
        return -1;
    for (off_t at = 0; at < facts.st_size; at += (off_t)sizeof block) {
        randombytes_buf(block, sizeof block);
        if (pwrite(file, block, sizeof block, at) != (ssize_t)sizeof block)
            return -1;
    }
    return fsync(file);
}

int destroy_file(const char *path)
{
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return errno == ENOENT ? 0 : failure(FAULT_DISK, "cannot open %.100s: %m", path);
    int r = overwrite(file) ? failure(FAULT_DISK, "cannot overwrite %.100s: %m", path) : 0;
    close(file);
    if (!r && unlink(path) != 0)
        r = failure(FAULT_DISK, "cannot remove %.100s: %m", path);
    return r;
}

/* Other files that may lie in a store's folder: snapshots that nobody has fetched, and unfinished
 * ones that a power cut has left. */
static const char *const leftovers[] = {
    SNAPSHOT_NAME,
    SNAPSHOT_NAME SNAPSHOT_PART,
    SNAPSHOT_NAME SNAPSHOT_PART "-wal",
    SNAPSHOT_NAME SNAPSHOT_PART "-journal",
    "token.db-journal",
};

static int destroy_leftovers(const char *folder)
{
    char path[PATH_MAX];
    int r = 0;
    for (size_t i = 0; !r && i < COUNT_OF(leftovers); i++) {
        if (snprintf(path, sizeof path, "%s/%s", folder, leftovers[i]) >= (int)sizeof path)
            return failure(FAULT_DISK, "the path of %.100s is too long", folder);
        r = destroy_file(path);
    }
    return r;
}

/* Removes the key file first: without it the rest cannot be decrypted. */
int destroy_files(const struct store_place *place)
{
    SCOPED(paths_deinit) struct paths paths = { 0 };
    int r = paths_init(&paths, place);
    if (r)
        return r;
    const char *const files[] = { place->unlock == UNLOCK_KEY_FILE ? paths.key_file : NULL,
                                  paths.database, paths.write_ahead_log, paths.anchor };
    for (size_t i = 0; !r && i < COUNT_OF(files); i++)
        r = files[i] ? destroy_file(files[i]) : 0;
    if (!r)
        r = destroy_leftovers(paths.folder);
    if (!r && rmdir(paths.folder) != 0 && errno != ENOTEMPTY && errno != EEXIST)
        r = failure(FAULT_DISK, "cannot remove %.100s: %m", paths.folder);
    return r;
}
