/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes the folder of an authority. */
#include "storage/authority_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/failure.h"

enum { LINE_SIZE = 2 * AUTHORITY_KEY_MAX + 1 };

static int name_file(const char *folder, const char *name, char out[PATH_MAX])
{
    int size = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return size < PATH_MAX ? 0 : failure(FAULT_DISK, "the name of folder %s is too long", folder);
}

/* --- Reading --- */

/* Appends the whole file. keep_private: refuses a file that others may read. */
static int take(const char *folder, const char *name, bool keep_private, struct writer *out)
{
    char path[PATH_MAX];
    struct stat facts;
    int r = name_file(folder, name, path);
    if (r)
        return r;
    SCOPED(close_fd) int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &facts) != 0)
        return failure(FAULT_DISK, "%s: %m", path);
    if (keep_private && facts.st_mode & (S_IRWXG | S_IRWXO))
        return failure(FAULT_DISK, "others may use %s; take their rights away with chmod 600",
                       path);
    ssize_t got = read(file, out->at + out->size, out->capacity - out->size);
    if (got < 0)
        return failure(FAULT_DISK, "%s: %m", path);
    out->size += (size_t)got;
    return out->size < out->capacity ? 0 : failure(FAULT_DISK, "%s is too long", path);
}

static int take_certificate(const char *folder, const char *name, uint8_t at[AUTHORITY_FILE_MAX],
                            struct span *out)
{
    struct writer bytes = writer_of(at, AUTHORITY_FILE_MAX);
    int r = take(folder, name, false, &bytes);
    *out = written(&bytes);
    return r;
}

static int take_key(const char *folder, const char *name, struct writer *out)
{
    SCOPED_SECRET(text, LINE_SIZE + 1);
    struct writer line = writer_of(text, LINE_SIZE);
    int r = take(folder, name, true, &line);
    if (r)
        return r;
    size_t size = strcspn((const char *)text, "\n");
    text[size] = 0;
    if (!size || !hex_decode((const char *)text, out))
        return failure(FAULT_DISK, "%s/%s holds no key", folder, name);
    return 0;
}

int authority_files_read(const char *folder, struct authority_files *out)
{
    int r = take_certificate(folder, "root.cvc", out->root_bytes, &out->root);
    if (!r)
        r = take_certificate(folder, "issuer.cvc", out->issuer_bytes, &out->issuer);
    if (!r)
        r = secret_init(&out->key_room, AUTHORITY_KEY_MAX);
    if (r)
        return r;
    struct writer key = writer_of(out->key_room.at, out->key_room.size);
    r = take_key(folder, "issuer.key", &key);
    out->issuer_key = written(&key);
    return r;
}

void authority_files_deinit(struct authority_files *files)
{
    secret_deinit(&files->key_room);
}

/* --- Writing --- */

static int put(const char *path, struct span content)
{
    SCOPED(close_fd) int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return failure(FAULT_DISK, "%s: %m", path);
    if (write(file, content.at, content.size) == (ssize_t)content.size && fsync(file) == 0)
        return 0;
    int r = failure(FAULT_DISK, "%s: %m", path);
    unlink(path);
    return r;
}

static int put_key(const char *path, struct span key)
{
    SCOPED_SECRET(text, LINE_SIZE);
    struct writer line = writer_of(text, LINE_SIZE);
    write_hex(&line, key);
    write_text(&line, "\n");
    return line.full ? failure(FAULT_DISK, "%s: the key is too long", path)
                     : put(path, written(&line));
}

struct part {
    const char *name;
    struct span content;
    bool is_key;
};

static int put_part(const char *folder, const struct part *part)
{
    char path[PATH_MAX];
    int r = name_file(folder, part->name, path);
    if (r)
        return r;
    return part->is_key ? put_key(path, part->content) : put(path, part->content);
}

static void remove_parts(const char *folder, const struct part *parts, size_t count)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < count; i++)
        if (name_file(folder, parts[i].name, path) == 0)
            unlink(path);
}

int authority_files_write(const char *folder, const struct authority_content *content)
{
    const struct part parts[] = {
        { "root.cvc", content->root, false },
        { "issuer.cvc", content->issuer, false },
        { "issuer.key", content->issuer_key, true },
        { "root.key", content->root_key, true },
    };
    bool made = mkdir(folder, 0700) == 0;
    if (!made && errno != EEXIST)
        return failure(FAULT_DISK, "%s: %m", folder);
    size_t done = 0;
    int r = 0;
    while (!r && done < COUNT_OF(parts))
        if ((r = put_part(folder, &parts[done])) == 0)
            done++;
    if (!r)
        return 0;
    remove_parts(folder, parts, done);
    if (made)
        rmdir(folder);
    return r;
}
