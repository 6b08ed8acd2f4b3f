/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "host/tool/cli/complain.h"

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

/* Writes to standard output, or to a device or pipe, which cannot be replaced as a file is. */
static int pour(int fd, const char *name, struct span content)
{
    ssize_t sent = 0;
    while (fd >= 0 && content.size && (sent = write(fd, content.at, content.size)) > 0)
        content = span_part(content, (size_t)sent, content.size - (size_t)sent);
    return fd < 0 || content.size ? tool_complain(TOOL_FAILED, "%s: %s", name, strerror(errno)) : 0;
}

static int pour_into(const char *path, struct span content)
{
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    int status = pour(fd, path, content);
    if (fd >= 0)
        close(fd);
    return status;
}

static bool is_special(const char *path)
{
    struct stat facts;
    return lstat(path, &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISLNK(facts.st_mode);
}

/* Whether a terminal would take some of it for commands, or show nothing sensible. */
static bool is_binary(struct span content)
{
    for (size_t i = 0; i < content.size; i++) {
        uint8_t c = content.at[i];
        if (c == 0x7F || (c < ' ' && c != '\n' && c != '\t' && c != '\r') || c >= 0xF8)
            return true;
    }
    return false;
}

static int refuse_terminal(void)
{
    return tool_complain(TOOL_FAILED,
                         "this is binary, which does not go to a terminal: --out FILE, or a pipe");
}

static int print_content(struct span content)
{
    return isatty(STDOUT_FILENO) && is_binary(content)
               ? refuse_terminal()
               : pour(STDOUT_FILENO, "standard output", content);
}

int file_foresee(const char *path, int kind)
{
    if (!path)
        return isatty(STDOUT_FILENO) ? refuse_terminal() : 0;
    return is_special(path) || draft_may_begin(path, kind) ? 0 : TOOL_FAILED;
}

int file_deliver(const char *path, struct span content, int kind)
{
    SCOPED(draft_drop) struct draft draft = { 0 };
    if (!path)
        return print_content(content);
    if (is_special(path) && !(kind & DRAFT_NEW))
        return pour_into(path, content);
    if (!draft_begin(&draft, path, kind))
        return TOOL_FAILED;
    fwrite(content.at, 1, content.size, draft.file);
    return draft_place(&draft);
}
