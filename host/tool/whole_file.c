#include "host/tool/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "host/tool/tool.h"

int file_take(const char *path, struct writer *out)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;
    uint8_t part[4096];
    while (fd >= 0 && !out->full && (got = read(fd, part, sizeof part)) > 0)
        write_span(out, span_of(part, (size_t)got));
    int cause = errno;
    secret_wipe(part, sizeof part);
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return tool_complain(TOOL_FAILED, "%s: %s", path, strerror(cause));
    return out->full
               ? tool_complain(TOOL_FAILED, "%s: a file has at most %zu bytes", path, out->capacity)
               : 0;
}

static int deliver(const char *path, int flags, struct span content)
{
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600) : STDOUT_FILENO;
    ssize_t sent = 0;
    struct span rest = content;
    while (fd >= 0 && rest.size && (sent = write(fd, rest.at, rest.size)) > 0)
        rest = span_part(rest, (size_t)sent, rest.size - (size_t)sent);
    int cause = errno;
    bool closed = fd < 0 || !path || close(fd) == 0;
    if (fd < 0 || rest.size || !closed)
        return tool_complain(TOOL_FAILED, "%s: %s", path ? path : "standard output",
                             strerror(cause));
    return TOOL_DONE;
}

int file_deliver(const char *path, struct span content)
{
    return deliver(path, O_TRUNC, content);
}

int file_deliver_new(const char *path, struct span content)
{
    return deliver(path, O_EXCL, content);
}
