/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a user's choice of unlock source (key file, passphrase file or credential; at most one)
 * into a store_place, and reads passphrases, which may come in pieces through a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/failure.h"
#include "storage/open.h"

/* Reads bytes up to the end of the first line, or of the file. */
static int read_line(int file, struct writer *line)
{
    uint8_t byte;
    ssize_t got;
    while ((got = read(file, &byte, 1)) == 1 && byte != '\n')
        write_u8(line, byte);
    secret_wipe(&byte, sizeof byte);
    return got < 0 ? errno : 0;
}

int store_read_passphrase(const char *path, uint8_t *room, size_t size, struct span *out)
{
    SCOPED(close_fd) int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return failure(FAULT_DISK, "cannot read the passphrase from %s: %s", path, strerror(errno));
    struct writer line = writer_of(room, size - 1);
    int error = read_line(file, &line);
    if (error)
        return failure(FAULT_DISK, "cannot read the passphrase from %s: %s", path, strerror(error));
    if (line.full || !line.size)
        return failure(FAULT_DISK, "%s: the first line must be a passphrase of 1 to %zu bytes",
                       path, size - 1);
    *out = written(&line);
    return 0;
}

/* --- What unlocks a store --- */

void unlock_room_wipe(struct unlock_room *room)
{
    secret_wipe(room, sizeof *room);
}

static int credential_path(const char *name, char *out, size_t size)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder || strchr(name, '/'))
        return failure(FAULT_DISK, "no credential %.60s: %s", name,
                       folder ? "a name has no slash" : "no service manager has given any");
    int length = snprintf(out, size, "%s/%s", folder, name);
    return length > 0 && (size_t)length < size ? 0 : failure(FAULT_DISK, "the path is too long");
}

static bool is_descriptor(const char *path)
{
    return path && strncmp(path, "/dev/fd/", 8) == 0;
}

int store_unlock_by(struct store_place *place, const struct unlock_wish *wish,
                    struct unlock_room *room)
{
    if (!!wish->key_file + !!wish->passphrase_file + !!wish->credential > 1)
        return failure(FAULT_DISK, "one of key file, passphrase and credential; not more");
    place->key_file = wish->key_file;
    place->unlock = is_descriptor(wish->key_file) ? UNLOCK_HANDED_KEY : UNLOCK_KEY_FILE;
    if (wish->passphrase_file) {
        place->unlock = UNLOCK_PASSPHRASE;
        return store_read_passphrase(wish->passphrase_file, room->passphrase,
                                     sizeof room->passphrase, &place->passphrase);
    }
    if (!wish->credential)
        return 0;
    place->unlock = UNLOCK_HANDED_KEY;
    place->key_file = room->path;
    return credential_path(wish->credential, room->path, sizeof room->path);
}
