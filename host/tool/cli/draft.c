/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "host/tool/cli/complain.h"

static bool refuse(const char *path, const char *why)
{
    tool_complain(0, "%s: %s", path, why);
    return false;
}

bool draft_may_begin(const char *path, int kind)
{
    struct stat facts;
    if (lstat(path, &facts) != 0)
        return errno == ENOENT || refuse(path, strerror(errno));
    if (S_ISLNK(facts.st_mode))
        return refuse(path, "this is a link: name the file itself");
    if (kind & (DRAFT_NEW | DRAFT_KEEP))
        return refuse(path, "it is there already, and is not overwritten");
    return S_ISREG(facts.st_mode) || refuse(path, "this is no regular file");
}

static mode_t mode_of(int kind)
{
    mode_t mask = umask(0);
    umask(mask);
    return kind & DRAFT_SECRET ? 0600 : 0666 & ~mask;
}

bool draft_begin(struct draft *out, const char *path, int kind)
{
    *out = (struct draft){ .path = path, .kind = kind };
    if (!draft_may_begin(path, kind))
        return false;
    int size = snprintf(out->part, sizeof out->part, "%s.part-XXXXXX", path);
    errno = ENAMETOOLONG;
    int fd = size < (int)sizeof out->part ? mkostemp(out->part, O_CLOEXEC) : -1;
    if (fd < 0) {
        out->part[0] = 0;
        return refuse(path, strerror(errno));
    }
    out->file = fchmod(fd, mode_of(kind)) == 0 ? fdopen(fd, "w") : NULL;
    if (out->file)
        return true;
    int cause = errno;
    close(fd);
    draft_drop(out);
    return refuse(path, strerror(cause));
}

bool draft_close(struct draft *draft)
{
    FILE *file = draft->file;
    bool written = !ferror(file) && fflush(file) == 0 && fsync(fileno(file)) == 0;
    draft->file = NULL;
    return fclose(file) == 0 && written;
}

/* Renames without replacing, so that a file that somebody made meanwhile stays. Not every file
 * system can do that. */
static bool name_new(const char *part, const char *path)
{
    if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return true;
    return errno == EINVAL && link(part, path) == 0 && unlink(part) == 0;
}

int draft_place(struct draft *draft)
{
    bool closed = !draft->file || draft_close(draft);
    bool named =
        closed && (draft->kind & (DRAFT_NEW | DRAFT_KEEP) ? name_new(draft->part, draft->path)
                                                          : rename(draft->part, draft->path) == 0);
    if (named)
        draft->part[0] = 0;
    if (!named || !path_sync_folder(draft->path))
        return tool_complain(TOOL_FAILED, "%s could not be written: %s", draft->path,
                             strerror(errno));
    return 0;
}

void draft_drop(struct draft *draft)
{
    if (draft->file)
        fclose(draft->file);
    if (draft->part[0])
        unlink(draft->part);
    draft->file = NULL;
    draft->part[0] = 0;
}
