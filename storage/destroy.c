/* SPDX-License-Identifier: Apache-2.0 */
/* Destroys a store: its last record, and overwriting and removing its files. */
#include <errno.h>
#include <stdio.h>
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

/* The key first: without it the rest is worthless. */
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
