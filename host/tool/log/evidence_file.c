/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/evidence_file.h"

#include "host/tool/cli/complain.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void evidence_file_forget(struct evidence_file *kept)
{
    free((void *)(uintptr_t)kept->text.at);
    kept->text = (struct span){ 0 };
}

/* Reads as many bytes as the file had at the beginning: what is appended meanwhile is not waited
 * for. */
static bool read_open(int fd, struct evidence_file *out)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
        return false;
    size_t size = (size_t)facts.st_size, got = 0;
    uint8_t *text = malloc(size + 1); /* not 0 bytes, so that an empty file can be read, too */
    ssize_t some = text ? 1 : -1;
    while (some > 0 && got < size) {
        some = read(fd, text + got, size - got);
        got += some > 0 ? (size_t)some : 0;
    }
    out->text = span_of(text, got);
    if (some < 0)
        evidence_file_forget(out);
    return some >= 0;
}

int evidence_file_read(struct evidence_file *out)
{
    int fd = out->path ? open(out->path, O_RDONLY | O_CLOEXEC) : -1;
    bool good = !out->path || (fd >= 0 && read_open(fd, out));
    if (fd >= 0)
        close(fd);
    return good ? 0
                : tool_complain(TOOL_FAILED, "%s cannot be read, or is no regular file", out->path);
}

int evidence_file_written(struct draft *draft, struct evidence_file *out)
{
    if (!draft_close(draft))
        return tool_complain(TOOL_FAILED, "%s could not be written", draft->path);
    *out = (struct evidence_file){ .path = draft->part };
    return evidence_file_read(out);
}
