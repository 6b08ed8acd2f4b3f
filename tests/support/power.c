/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/power.h"

#include <check.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/support/vfs_shim.h"

#define FILES_MAX 8
#define SECTOR    512

enum event_kind { EVENT_WRITE, EVENT_TRUNCATE, EVENT_MAKE, EVENT_REMOVE, EVENT_SYNC };

struct event {
    enum event_kind kind;
    size_t file;
    uint64_t offset; /* of a truncation: the new size */
    struct bytes bytes;
};

struct image {
    bool exists;
    uint8_t *at;
    size_t size, capacity;
};

static struct {
    const struct folder *folder; /* NULL: not recording */
    char names[FILES_MAX][32];
    struct image first[FILES_MAX]; /* as they were when the recording began */
    bool exists[FILES_MAX];        /* now */
    size_t file_count;
    struct event *events;
    size_t count, capacity;
} record;

/* --- Images of files --- */

static void image_resize(struct image *image, size_t size)
{
    if (size > image->capacity) {
        image->capacity = size + size / 2 + SECTOR;
        image->at = realloc(image->at, image->capacity);
        ck_assert_ptr_nonnull(image->at);
    }
    if (size > image->size)
        memset(image->at + image->size, 0, size - image->size);
    image->size = size;
}

static void image_write(struct image *image, uint64_t offset, struct span bytes)
{
    if (offset + bytes.size > image->size)
        image_resize(image, offset + bytes.size);
    if (bytes.size)
        memcpy(image->at + offset, bytes.at, bytes.size);
}

static void image_copy(const struct image *from, struct image *to)
{
    image_resize(to, 0);
    image_write(to, 0, span_of(from->at, from->size));
    to->exists = from->exists;
}

/* --- Recording --- */

static bool in_folder(const char *path, const char **out_name)
{
    size_t length = record.folder ? strlen(record.folder->path) : 0;
    if (!length || strncmp(path, record.folder->path, length) != 0 || path[length] != '/')
        return false;
    *out_name = path + length + 1;
    return true;
}

static size_t file_named(const char *name)
{
    for (size_t i = 0; i < record.file_count; i++)
        if (strcmp(record.names[i], name) == 0)
            return i;
    ck_assert_uint_lt(record.file_count, FILES_MAX);
    snprintf(record.names[record.file_count], sizeof record.names[0], "%s", name);
    return record.file_count++;
}

static void add(struct event event)
{
    if (record.count == record.capacity) {
        record.capacity = record.capacity * 2 + 1024;
        record.events = realloc(record.events, record.capacity * sizeof event);
        ck_assert_ptr_nonnull(record.events);
    }
    record.events[record.count++] = event;
    if (event.kind == EVENT_MAKE || event.kind == EVENT_REMOVE)
        record.exists[event.file] = event.kind == EVENT_MAKE;
}

/* A file that is touched exists: if that is news, somebody has just made it. */
static bool note(const char *path, enum event_kind kind, uint64_t offset, struct span bytes)
{
    const char *name;
    if (!in_folder(path, &name))
        return false;
    struct event event = { .kind = kind, .file = file_named(name), .offset = offset };
    if (!record.exists[event.file] && kind != EVENT_REMOVE)
        add((struct event){ .kind = EVENT_MAKE, .file = event.file });
    if (bytes.size) {
        event.bytes = (struct bytes){ malloc(bytes.size), bytes.size };
        ck_assert_ptr_nonnull(event.bytes.at);
        memcpy(event.bytes.at, bytes.at, bytes.size);
    }
    if (kind != EVENT_MAKE)
        add(event);
    return true;
}

static void note_folder_synced(void)
{
    for (size_t i = 0; i < record.file_count; i++)
        add((struct event){ .kind = EVENT_SYNC, .file = i });
}

static int before_open(const char *path, bool may_create)
{
    if (may_create)
        note(path, EVENT_MAKE, 0, (struct span){ 0 });
    return SQLITE_OK;
}

static int before_write(const char *path, struct span bytes, uint64_t offset)
{
    note(path, EVENT_WRITE, offset, bytes);
    return SQLITE_OK;
}

static int before_truncate(const char *path, uint64_t size)
{
    note(path, EVENT_TRUNCATE, size, (struct span){ 0 });
    return SQLITE_OK;
}

static int before_sync(const char *path)
{
    note(path, EVENT_SYNC, 0, (struct span){ 0 });
    return SQLITE_OK;
}

static int before_remove(const char *path, bool synced)
{
    if (note(path, EVENT_REMOVE, 0, (struct span){ 0 }) && synced)
        note_folder_synced();
    return SQLITE_OK;
}

void power_install(void)
{
    static const struct vfs_hooks hooks = {
        .open = before_open,
        .write = before_write,
        .truncate = before_truncate,
        .sync = before_sync,
        .remove = before_remove,
    };
    vfs_shim_install(&hooks);
}

static void take_first_images(DIR *folder)
{
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        size_t file = file_named(entry->d_name);
        struct file_path path = folder_file(record.folder, entry->d_name);
        SCOPED(bytes_free) struct bytes content = file_read(path.text);
        image_write(&record.first[file], 0, span_of(content.at, content.size));
        record.first[file].exists = record.exists[file] = true;
    }
}

void power_record(const struct folder *folder)
{
    ck_assert_uint_eq(record.count, 0); /* once to a process */
    record.folder = folder;
    DIR *open_folder = opendir(folder->path);
    ck_assert_ptr_nonnull(open_folder);
    take_first_images(open_folder);
    closedir(open_folder);
}

void power_stop(void)
{
    record.folder = NULL;
}

size_t power_now(void)
{
    return record.count;
}

/* --- What our own code does, by the linker's --wrap --- */

ssize_t __real_pwrite64(int file, const void *from, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int file, const void *from, size_t size, off_t offset);
ssize_t __real_write(int file, const void *from, size_t size);
ssize_t __wrap_write(int file, const void *from, size_t size);
int __real_fsync(int file);
int __wrap_fsync(int file);
int __real_fdatasync(int file);
int __wrap_fdatasync(int file);

static void note_open_file(int file, enum event_kind kind, uint64_t offset, struct span bytes)
{
    char link[40], path[256];
    if (!record.folder)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    ck_assert_int_gt(length, 0);
    path[length] = '\0';
    if (kind == EVENT_SYNC && strcmp(path, record.folder->path) == 0)
        note_folder_synced();
    else
        note(path, kind, offset, bytes);
}

ssize_t __wrap_pwrite64(int file, const void *from, size_t size, off_t offset)
{
    note_open_file(file, EVENT_WRITE, (uint64_t)offset, span_of(from, size));
    return __real_pwrite64(file, from, size, offset);
}

ssize_t __wrap_write(int file, const void *from, size_t size)
{
    off_t offset = record.folder ? lseek(file, 0, SEEK_CUR) : -1;
    if (offset >= 0)
        note_open_file(file, EVENT_WRITE, (uint64_t)offset, span_of(from, size));
    return __real_write(file, from, size);
}

int __wrap_fsync(int file)
{
    note_open_file(file, EVENT_SYNC, 0, (struct span){ 0 });
    return __real_fsync(file);
}

int __wrap_fdatasync(int file)
{
    note_open_file(file, EVENT_SYNC, 0, (struct span){ 0 });
    return __real_fdatasync(file);
}

/* --- Replaying --- */

struct power_replay {
    size_t at;
    struct image durable[FILES_MAX];
    size_t pending[FILES_MAX]; /* first event that is not synced; `at` or more: none */
    struct image scratch;
};

/* How one cut treats what was not synced. */
struct cut {
    enum power_loss loss;
    uint64_t chance;
    size_t last; /* the event that was under way */
};

struct power_replay *power_replay_begin(void)
{
    struct power_replay *replay = calloc(1, sizeof *replay);
    ck_assert_ptr_nonnull(replay);
    for (size_t i = 0; i < record.file_count; i++)
        image_copy(&record.first[i], &replay->durable[i]);
    return replay;
}

void power_replay_end(struct power_replay **replay)
{
    if (!*replay)
        return;
    for (size_t i = 0; i < FILES_MAX; i++)
        free((*replay)->durable[i].at);
    free((*replay)->scratch.at);
    free(*replay);
    *replay = NULL;
}

/* Marsaglia's xorshift64. */
static bool heads(struct cut *cut)
{
    cut->chance ^= cut->chance << 13;
    cut->chance ^= cut->chance >> 7;
    cut->chance ^= cut->chance << 17;
    return cut->chance >> 40 & 1;
}

/* Sectors are those of the file, not of the write. */
static void write_sectors(struct image *image, const struct event *event, struct cut *cut)
{
    bool tears = cut->loss == POWER_TEARS;
    size_t done = 0;
    while (done < event->bytes.size) {
        uint64_t offset = event->offset + done;
        size_t part = SECTOR - offset % SECTOR;
        struct span bytes = span_part(span_of(event->bytes.at, event->bytes.size), done, part);
        bool kept = heads(cut);
        if (kept)
            image_write(image, offset, bytes);
        else if (tears)
            return;
        done += bytes.size;
    }
}

static bool is_kept(const struct event *event, size_t number, struct cut *cut)
{
    switch (cut->loss) {
    case POWER_LOSES_ALL:
        return false;
    case POWER_SKIPS_WRITES:
        return heads(cut);
    case POWER_LOSES_SOME:
        return event->kind == EVENT_WRITE || heads(cut);
    case POWER_TEARS:
        return number != cut->last || event->kind == EVENT_WRITE;
    default:
        return true;
    }
}

static bool in_sectors(size_t number, const struct cut *cut)
{
    return cut->loss == POWER_LOSES_SOME || (cut->loss == POWER_TEARS && number == cut->last);
}

/* Gives false where a name that was made or removed is not durable: what follows happened to
 * another file than the one that is found. */
static bool apply(struct image *image, const struct event *event, size_t number, struct cut *cut)
{
    bool names = event->kind == EVENT_MAKE || event->kind == EVENT_REMOVE;
    if (!is_kept(event, number, cut))
        return !names;
    if (names) {
        image_resize(image, 0);
        image->exists = event->kind == EVENT_MAKE;
    } else if (event->kind == EVENT_TRUNCATE) {
        image_resize(image, event->offset);
    } else if (in_sectors(number, cut)) {
        write_sectors(image, event, cut);
    } else {
        image_write(image, event->offset, span_of(event->bytes.at, event->bytes.size));
    }
    return true;
}

static void apply_pending(struct image *image, size_t file, size_t from, size_t to, struct cut *cut)
{
    bool found = true;
    for (size_t i = from; found && i < to; i++)
        if (record.events[i].file == file && record.events[i].kind != EVENT_SYNC)
            found = apply(image, &record.events[i], i, cut);
}

static void walk_to(struct power_replay *replay, size_t at)
{
    struct cut none = { .loss = POWER_KEEPS_ALL };
    for (; replay->at < at; replay->at++) {
        const struct event *event = &record.events[replay->at];
        if (event->kind != EVENT_SYNC)
            continue;
        size_t *pending = &replay->pending[event->file];
        apply_pending(&replay->durable[event->file], event->file, *pending, replay->at, &none);
        *pending = replay->at;
    }
}

static void build(const struct image *image, const char *name, const struct folder *out)
{
    struct file_path path = folder_file(out, name);
    if (image->exists)
        file_write(path.text, span_of(image->at, image->size), 0600);
    else
        unlink(path.text);
}

void power_cut(struct power_replay *replay, size_t at, enum power_loss loss, uint64_t seed,
               const struct folder *out)
{
    ck_assert_uint_le(replay->at, at);
    ck_assert_uint_le(at, record.count);
    walk_to(replay, at);
    struct cut cut = { .loss = loss, .chance = seed * 0x9E3779B97F4A7C15 + 1, .last = at - 1 };
    for (size_t i = 0; i < record.file_count; i++) {
        image_copy(&replay->durable[i], &replay->scratch);
        apply_pending(&replay->scratch, i, replay->pending[i], at, &cut);
        build(&replay->scratch, record.names[i], out);
    }
}
