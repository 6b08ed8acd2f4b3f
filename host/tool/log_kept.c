#include "host/tool/log_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/tool/tool.h"

void kept_forget(struct kept_file *kept)
{
    free((void *)(uintptr_t)kept->text.at);
    kept->text = (struct span){ 0 };
}

/* No more than there was at the beginning: what is added meanwhile is not waited for. */
static bool read_open(int fd, struct kept_file *out)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
        return false;
    size_t size = (size_t)facts.st_size, got = 0;
    uint8_t *text = malloc(size + 1); /* an empty file is one, too */
    ssize_t some = text ? 1 : -1;
    while (some > 0 && got < size) {
        some = read(fd, text + got, size - got);
        got += some > 0 ? (size_t)some : 0;
    }
    out->text = span_of(text, got);
    if (some < 0)
        kept_forget(out);
    return some >= 0;
}

int kept_read(struct kept_file *out)
{
    int fd = out->path ? open(out->path, O_RDONLY | O_CLOEXEC) : -1;
    bool good = !out->path || (fd >= 0 && read_open(fd, out));
    if (fd >= 0)
        close(fd);
    return good ? 0 : tool_complain(TOOL_FAILED, "%s cannot be read as a file", out->path);
}

/* --- Writing --- */

/* Files that are there stay as they are: evidence is not overwritten. */
static bool is_free(const char *path)
{
    struct stat facts;
    if (lstat(path, &facts) != 0 && errno == ENOENT)
        return true;
    tool_complain(0, "%s: %s", path, strerror(errno ? errno : EEXIST));
    return false;
}

bool kept_begin(struct kept_draft *out, const char *path)
{
    *out = (struct kept_draft){ .path = path };
    errno = 0;
    if (!is_free(path))
        return false;
    int size = snprintf(out->part, sizeof out->part, "%s.part-XXXXXX", path);
    int fd = size < (int)sizeof out->part ? mkostemp(out->part, O_CLOEXEC) : -1;
    if (fd < 0) {
        out->part[0] = 0;
        tool_complain(0, "%s: %s", path, strerror(errno));
        return false;
    }
    out->file = fchmod(fd, 0644) == 0 ? fdopen(fd, "w") : NULL;
    if (out->file)
        return true;
    close(fd);
    kept_drop(out);
    tool_complain(0, "%s: %s", path, strerror(errno));
    return false;
}

static bool close_file(struct kept_draft *draft)
{
    FILE *file = draft->file;
    bool written = !ferror(file) && fflush(file) == 0 && fsync(fileno(file)) == 0;
    draft->file = NULL;
    return fclose(file) == 0 && written;
}

int kept_written(struct kept_draft *draft, struct kept_file *out)
{
    if (!close_file(draft))
        return tool_complain(TOOL_FAILED, "%s could not be written", draft->path);
    *out = (struct kept_file){ .path = draft->part };
    return kept_read(out);
}

static bool sync_folder(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

/* A name that somebody took meanwhile stays his, too. Not every file system has such a rename. */
static bool name_it(struct kept_draft *draft)
{
    if (renameat2(AT_FDCWD, draft->part, AT_FDCWD, draft->path, RENAME_NOREPLACE) != 0) {
        if (errno != EINVAL || link(draft->part, draft->path) != 0)
            return false;
        unlink(draft->part);
    }
    draft->part[0] = 0;
    return true;
}

int kept_place(struct kept_draft *draft)
{
    bool closed = !draft->file || close_file(draft);
    if (!closed || !name_it(draft) || !sync_folder(draft->path))
        return tool_complain(TOOL_FAILED, "%s could not be written: %s", draft->path,
                             strerror(errno));
    return 0;
}

void kept_drop(struct kept_draft *draft)
{
    if (draft->file)
        fclose(draft->file);
    if (draft->part[0])
        unlink(draft->part);
    draft->file = NULL;
    draft->part[0] = 0;
}
