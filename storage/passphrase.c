/* Reading a passphrase, which a pipe may give in pieces. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "storage/open.h"

static void close_file(int *file)
{
    if (*file >= 0)
        close(*file);
}

/* Bytes up to the end of the first line, or of the file. */
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
    SCOPED(close_file) int file = open(path, O_RDONLY | O_CLOEXEC);
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
