/* SPDX-License-Identifier: Apache-2.0 */
/* Scratch folders for tests. */
#include "tests/support/folder.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In memory where that is possible: syncing takes most of the time otherwise. */
struct folder folder_make(void)
{
    struct folder folder = { "/dev/shm/glasshsm-test-XXXXXX" };
    if (mkdtemp(folder.path))
        return folder;
    folder = (struct folder){ "/tmp/glasshsm-test-XXXXXX" };
    ck_assert_ptr_nonnull(mkdtemp(folder.path));
    return folder;
}

struct file_path folder_file(const struct folder *folder, const char *name)
{
    struct file_path path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder->path, name);
    return path;
}

static int is_file(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

typedef void visit(const char *name, const char *path, void *context);

/* In the order of their names. */
static void each_file(const struct folder *folder, visit *do_it, void *context)
{
    struct dirent **entries;
    int count = scandir(folder->path, &entries, is_file, alphasort);
    ck_assert_int_ge(count, 0);
    for (int i = 0; i < count; i++) {
        struct file_path path = folder_file(folder, entries[i]->d_name);
        do_it(entries[i]->d_name, path.text, context);
        free(entries[i]);
    }
    free(entries);
}

static void remove_file(const char *name, const char *path, void *context)
{
    (void)name;
    (void)context;
    unlink(path);
}

void folder_empty(const struct folder *folder)
{
    each_file(folder, remove_file, NULL);
}

void folder_remove(struct folder *folder)
{
    folder_empty(folder);
    ck_assert_int_eq(rmdir(folder->path), 0);
}

static unsigned mode_of(const char *path)
{
    struct stat facts;
    ck_assert_int_eq(stat(path, &facts), 0);
    return facts.st_mode & 0777;
}

static void copy_file(const char *name, const char *path, void *context)
{
    SCOPED(bytes_free) struct bytes content = file_read(path);
    struct file_path to = folder_file(context, name);
    file_write(to.text, span_of(content.at, content.size), mode_of(path));
}

void folder_copy(const struct folder *from, const struct folder *to)
{
    each_file(from, copy_file, (void *)to);
}

static void digest_file(const char *name, const char *path, void *context)
{
    SCOPED(bytes_free) struct bytes content = file_read(path);
    uint64_t facts[] = { mode_of(path), content.size };
    crypto_generichash_update(context, (const uint8_t *)name, strlen(name) + 1);
    crypto_generichash_update(context, (const uint8_t *)facts, sizeof facts);
    crypto_generichash_update(context, content.at, content.size);
}

struct folder_digest folder_digest(const struct folder *folder)
{
    crypto_generichash_state state;
    struct folder_digest digest;
    crypto_generichash_init(&state, NULL, 0, sizeof digest.bytes);
    each_file(folder, digest_file, &state);
    crypto_generichash_final(&state, digest.bytes, sizeof digest.bytes);
    return digest;
}

struct bytes file_read(const char *path)
{
    struct stat facts;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(file >= 0 && fstat(file, &facts) == 0, "cannot open %s", path);
    size_t size = (size_t)facts.st_size;
    struct bytes bytes = { malloc(size + 1), size };
    ck_assert(read(file, bytes.at, size) == (ssize_t)size);
    close(file);
    return bytes;
}

void file_write(const char *path, struct span content, unsigned mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    ck_assert_msg(file >= 0, "cannot write %s", path);
    ck_assert(write(file, content.at, content.size) == (ssize_t)content.size);
    close(file);
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct bytes){ 0 };
}
