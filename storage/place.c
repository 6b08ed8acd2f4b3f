/* SPDX-License-Identifier: Apache-2.0 */
/* Implements place.h: paths of a store, sentences for refusals, and running the steps of an
 * attempt. */
#include "storage/place.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/path.h"
#include "storage/internal.h"

/* --- Paths --- */

static int join(char **out, const char *start, const char *between, const char *end)
{
    if (asprintf(out, "%s%s%s", start, between, end) >= 0)
        return 0;
    *out = NULL;
    return failure(FAULT_MEMORY, "no memory for a path");
}

/* The given path, or else the default name in the folder. */
static int choose(char **out, const char *given, const char *folder, const char *name)
{
    return given ? join(out, given, "", "") : join(out, folder, "/", name);
}

int paths_init(struct paths *paths, const struct store_place *place)
{
    int r = join(&paths->folder, place->folder, "", "");
    if (!r)
        r = choose(&paths->database, place->database, place->folder, "token.db");
    if (!r)
        r = join(&paths->journal, paths->database, "-", "journal");
    if (!r)
        r = join(&paths->write_ahead_log, paths->database, "-", "wal");
    if (!r)
        r = choose(&paths->key_file, place->key_file, place->folder, "seal.key");
    if (!r)
        r = choose(&paths->anchor, place->anchor, place->folder, "anchor");
    return r;
}

void paths_deinit(struct paths *paths)
{
    free(paths->folder);
    free(paths->database);
    free(paths->journal);
    free(paths->write_ahead_log);
    free(paths->key_file);
    free(paths->anchor);
    *paths = (struct paths){ 0 };
}

int store_sync_name(const char *path)
{
    return path_sync_folder(path)
               ? 0
               : failure(FAULT_DISK, "cannot sync the folder of %.100s: %m", path);
}

struct unlock_source paths_source(const struct paths *paths, const struct store_place *place)
{
    return (struct unlock_source){ .kind = place->unlock,
                                   .key_file = paths->key_file,
                                   .passphrase = place->passphrase };
}

/* --- Refusals --- */

int refuse(struct store_refusal *out, int refusal, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->sentence, sizeof out->sentence, format, arguments);
    va_end(arguments);
    return refusal;
}

int store_exit_status(int refusal)
{
    enum { FIRST_STATUS = 10 };
    return result_is_of(refusal, RESULTS_OPEN) ? FIRST_STATUS + refusal - STORE_MISSING
                                               : EXIT_FAILURE;
}

static int refuse_held(struct attempt *a)
{
    char holder[80];
    lock_holder(a->paths.folder, holder, sizeof holder);
    return refuse(a->why, STORE_HELD, "The store %s is in use by %s; stop that first.",
                  a->paths.folder, holder);
}

static int refuse_damaged(struct attempt *a)
{
    char cause[sizeof failure_last()->cause];
    snprintf(cause, sizeof cause, "%s", failure_last()->cause);
    failure_clear();
    return refuse(a->why, STORE_DAMAGED, "The store %s is damaged (%s); restore it from a backup.",
                  a->paths.folder, cause);
}

/* Which refusal a result of db.h, unlock.h or store.h becomes, and its sentence, with a path
 * between `before` and `after`. */
struct reason {
    int result, refusal;
    size_t path; /* offset in struct paths */
    const char *before, *after;
};
#define ABOUT(member) offsetof(struct paths, member)

static const struct reason reasons[] = {
    { DB_DENIED, STORE_DENIED, ABOUT(database), "The store ",
      " cannot be opened for writing; give it and its folder to the user that runs this program." },
    { DB_NO_DATABASE, STORE_FOREIGN, ABOUT(database), "",
      " is not a store of Glass HSM; name the folder of one." },
    { STORE_FULL, STORE_FULL, ABOUT(folder), "No space is left for the store ", "; make some." },
    { UNLOCK_ABSENT, STORE_LOCKED_OUT, ABOUT(key_file), "There is no key file ",
      "; put the store's own there, or say where it is." },
    { UNLOCK_UNREADABLE, STORE_DENIED, ABOUT(key_file), "The key file ",
      " cannot be read; give it to the user that runs this program." },
    { UNLOCK_EXPOSED, STORE_DENIED, ABOUT(key_file), "Others than its owner may use the key file ",
      "; take their rights away with chmod 600." },
    { UNLOCK_MALFORMED, STORE_FOREIGN, ABOUT(key_file), "",
      " is no key file (64 hexadecimal digits); name the store's own." },
    { UNLOCK_NO_SOURCE, STORE_LOCKED_OUT, ABOUT(folder), "The store ",
      " was not made for this way of unlocking; use the key file or passphrase it was made with." },
    { UNLOCK_WRONG_KEY, STORE_FOREIGN, ABOUT(key_file), "The key file ",
      " does not open this store; it belongs to another one, or one of the two is damaged: use the "
      "right key file or a backup." },
    { UNLOCK_WRONG_PASSPHRASE, STORE_LOCKED_OUT, ABOUT(folder), "Wrong passphrase for the store ",
      "; try again." },
};

static int refusal_of(struct attempt *a, int result)
{
    if (result == FAULT_BROKEN)
        return refuse_damaged(a);
    if (result == DB_BUSY)
        return refuse_held(a);
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        const struct reason *reason = &reasons[i];
        if (reason->result != result)
            continue;
        char *const *path = (char *const *)((const char *)&a->paths + reason->path);
        return refuse(a->why, reason->refusal, "%s%s%s", reason->before, *path, reason->after);
    }
    return result;
}

/* --- The course of an attempt --- */

int attempt_run(struct attempt *a, attempt_step *const *steps, size_t count)
{
    int r = 0;
    for (size_t i = 0; !r && i < count; i++)
        r = steps[i](a);
    return r ? refusal_of(a, r) : 0;
}

void attempt_end(struct attempt *a)
{
    store_close(&a->store);
    paths_deinit(&a->paths);
    unlocked_wipe(&a->unlocked);
}

int attempt_lock(struct attempt *a)
{
    enum lock_use use = a->place->look_only ? LOCK_TO_LOOK : LOCK_TO_CHANGE;
    int r = lock_take(&a->store->lock, a->paths.folder, use);
    if (r == LOCK_HELD)
        return DB_BUSY;
    return r == LOCK_DENIED ? DB_DENIED : r;
}
