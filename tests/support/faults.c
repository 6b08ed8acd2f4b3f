/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that count, and fail when it is time. */
#include "tests/support/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>

#include "tests/support/vfs_shim.h"

static struct {
    enum fault_point point;
    unsigned countdown; /* 0: not armed */
    bool lasting, hit;
    sqlite3_mem_methods memory; /* SQLite's own */
} faults;

void faults_arm(enum fault_point point, unsigned nth, bool lasting)
{
    faults.point = point;
    faults.countdown = nth;
    faults.lasting = lasting;
    faults.hit = false;
}

bool faults_disarm(void)
{
    faults.countdown = 0;
    return faults.hit;
}

static bool is_due(enum fault_point point)
{
    if (faults.point != point || faults.countdown == 0)
        return false;
    if (faults.countdown > 1) {
        faults.countdown--;
        return false;
    }
    faults.hit = true;
    if (!faults.lasting)
        faults.countdown = 0;
    return true;
}

/* What a write gives: SQLITE_OK when none is to fail. */
static int write_code(int code)
{
    if (is_due(FAULT_POINT_SPACE))
        return SQLITE_FULL;
    return is_due(FAULT_POINT_WRITE) ? code : SQLITE_OK;
}

/* --- SQLite's allocator --- */

static void *failing_malloc(int size)
{
    return is_due(FAULT_POINT_MEMORY) ? NULL : faults.memory.xMalloc(size);
}

static void *failing_realloc(void *old, int size)
{
    return is_due(FAULT_POINT_MEMORY) ? NULL : faults.memory.xRealloc(old, size);
}

/* --- SQLite's files --- */

static int before_open(const char *path, bool may_create)
{
    (void)path;
    if (is_due(FAULT_POINT_OPEN))
        return SQLITE_CANTOPEN;
    return may_create ? write_code(SQLITE_CANTOPEN) : SQLITE_OK;
}

static int before_read(const char *path)
{
    (void)path;
    return is_due(FAULT_POINT_READ) ? SQLITE_IOERR_READ : SQLITE_OK;
}

static int before_write(const char *path, struct span bytes, uint64_t offset)
{
    (void)path;
    (void)bytes;
    (void)offset;
    return write_code(SQLITE_IOERR_WRITE);
}

static int before_truncate(const char *path, uint64_t size)
{
    (void)path;
    (void)size;
    return write_code(SQLITE_IOERR_TRUNCATE);
}

static int before_sync(const char *path)
{
    (void)path;
    return is_due(FAULT_POINT_SYNC) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static const struct vfs_hooks file_hooks = {
    .open = before_open,
    .read = before_read,
    .write = before_write,
    .truncate = before_truncate,
    .sync = before_sync,
};

/* Outside a test nothing can assert. */
static void must(int code)
{
    if (code != SQLITE_OK)
        abort();
}

void faults_install(void)
{
    must(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &faults.memory));
    sqlite3_mem_methods memory = faults.memory;
    memory.xMalloc = failing_malloc;
    memory.xRealloc = failing_realloc;
    must(sqlite3_config(SQLITE_CONFIG_MALLOC, &memory));
    vfs_shim_install(&file_hooks);
}

/* --- Our own calls, by the linker's --wrap --- */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_secret_alloc(size_t size);
void *__wrap_secret_alloc(size_t size);
void *__real_secret_realloc(void *old, size_t size);
void *__wrap_secret_realloc(void *old, size_t size);
ssize_t __real_pread64(int file, void *out, size_t size, off_t offset);
ssize_t __wrap_pread64(int file, void *out, size_t size, off_t offset);
ssize_t __real_pwrite64(int file, const void *from, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int file, const void *from, size_t size, off_t offset);
ssize_t __real_write(int file, const void *from, size_t size);
ssize_t __wrap_write(int file, const void *from, size_t size);
int __real_fallocate64(int file, int mode, off_t offset, off_t size);
int __wrap_fallocate64(int file, int mode, off_t offset, off_t size);
int __real_fsync(int file);
int __wrap_fsync(int file);
int __real_fdatasync(int file);
int __wrap_fdatasync(int file);

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

static int failed(int cause)
{
    errno = cause;
    return -1;
}

void *__wrap_malloc(size_t size)
{
    return is_due(FAULT_POINT_MEMORY) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_due(FAULT_POINT_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_secret_alloc(size_t size)
{
    return is_due(FAULT_POINT_MEMORY) ? NULL : __real_secret_alloc(size);
}

void *__wrap_secret_realloc(void *old, size_t size)
{
    return is_due(FAULT_POINT_MEMORY) ? NULL : __real_secret_realloc(old, size);
}

ssize_t __wrap_pread64(int file, void *out, size_t size, off_t offset)
{
    return is_due(FAULT_POINT_READ) ? failed(EIO) : __real_pread64(file, out, size, offset);
}

ssize_t __wrap_pwrite64(int file, const void *from, size_t size, off_t offset)
{
    if (is_due(FAULT_POINT_SPACE))
        return failed(ENOSPC);
    return is_due(FAULT_POINT_WRITE) ? failed(EIO) : __real_pwrite64(file, from, size, offset);
}

ssize_t __wrap_write(int file, const void *from, size_t size)
{
    if (is_due(FAULT_POINT_SPACE))
        return failed(ENOSPC);
    return is_due(FAULT_POINT_WRITE) ? failed(EIO) : __real_write(file, from, size);
}

int __wrap_fallocate64(int file, int mode, off_t offset, off_t size)
{
    return is_due(FAULT_POINT_SPACE) ? failed(ENOSPC)
                                     : __real_fallocate64(file, mode, offset, size);
}

int __wrap_fsync(int file)
{
    return is_due(FAULT_POINT_SYNC) ? failed(EIO) : __real_fsync(file);
}

int __wrap_fdatasync(int file)
{
    return is_due(FAULT_POINT_SYNC) ? failed(EIO) : __real_fdatasync(file);
}

int __wrap_open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return is_due(FAULT_POINT_OPEN) ? failed(EIO) : __real_open64(path, flags, mode);
}
