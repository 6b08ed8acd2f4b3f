#include "host/tool/log_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/tool/tool.h"

void kept_unmap(struct kept_file *kept)
{
    if (kept->text.size)
        munmap((void *)(uintptr_t)kept->text.at, kept->text.size);
    kept->text = (struct span){ 0 };
}

static bool map_open(int fd, struct kept_file *out)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
        return false;
    if (facts.st_size == 0)
        return true;
    void *at = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return false;
    out->text = span_of(at, (size_t)facts.st_size);
    return true;
}

int kept_map(struct kept_file *out)
{
    int fd = out->path ? open(out->path, O_RDONLY | O_CLOEXEC) : -1;
    bool good = !out->path || (fd >= 0 && map_open(fd, out));
    if (fd >= 0)
        close(fd);
    return good ? 0 : tool_complain(TOOL_FAILED, "%s cannot be read as a file", out->path);
}

FILE *kept_create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        tool_complain(0, "%s: %s", path, strerror(errno));
    return file;
}

int kept_finish(FILE *file, const char *path, int status)
{
    bool written = !ferror(file) && fflush(file) == 0 && fsync(fileno(file)) == 0;
    bool closed = fclose(file) == 0;
    if (!status && !(written && closed))
        status = tool_complain(TOOL_FAILED, "%s could not be written", path);
    if (status)
        unlink(path);
    return status;
}
