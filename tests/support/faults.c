/* Hooks that count, and fail when it is time. */
#include "tests/support/faults.h"

#include <errno.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>

static struct {
    enum fault_point point;
    unsigned countdown; /* 0: not armed */
    bool lasting, hit;
    sqlite3_mem_methods memory; /* SQLite's own */
    sqlite3_vfs *disk;          /* SQLite's own */
    sqlite3_vfs shim;
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

/* --- SQLite's files: each is followed in memory by the real one --- */

struct shim_file {
    sqlite3_file base;
    sqlite3_file real[];
};

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

static int shim_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int shim_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset)
{
    if (is_due(FAULT_POINT_READ))
        return SQLITE_IOERR_READ;
    return real(file)->pMethods->xRead(real(file), out, size, offset);
}

static int shim_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 offset)
{
    int code = write_code(SQLITE_IOERR_WRITE);
    return code ? code : real(file)->pMethods->xWrite(real(file), from, size, offset);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = write_code(SQLITE_IOERR_TRUNCATE);
    return code ? code : real(file)->pMethods->xTruncate(real(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    if (is_due(FAULT_POINT_SYNC))
        return SQLITE_IOERR_FSYNC;
    return real(file)->pMethods->xSync(real(file), flags);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return real(file)->pMethods->xFileSize(real(file), out);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xLock(real(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int shim_reserved(sqlite3_file *file, int *out)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int shim_control(sqlite3_file *file, int what, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int shim_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int shim_device(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    /* Of version 1: without shared memory, which an exclusively locked database does not need. */
    static const sqlite3_io_methods methods = {
        .iVersion = 1,
        .xClose = shim_close,
        .xRead = shim_read,
        .xWrite = shim_write,
        .xTruncate = shim_truncate,
        .xSync = shim_sync,
        .xFileSize = shim_size,
        .xLock = shim_lock,
        .xUnlock = shim_unlock,
        .xCheckReservedLock = shim_reserved,
        .xFileControl = shim_control,
        .xSectorSize = shim_sector,
        .xDeviceCharacteristics = shim_device,
    };
    (void)vfs;
    file->pMethods = NULL;
    int code = flags & SQLITE_OPEN_CREATE ? write_code(SQLITE_CANTOPEN) : SQLITE_OK;
    if (!code)
        code = faults.disk->xOpen(faults.disk, name, real(file), flags, out_flags);
    if (!code)
        file->pMethods = &methods;
    return code;
}

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

    faults.disk = sqlite3_vfs_find(NULL);
    faults.shim = *faults.disk;
    faults.shim.zName = "faults";
    faults.shim.szOsFile += (int)sizeof(struct shim_file);
    faults.shim.xOpen = shim_open;
    must(sqlite3_vfs_register(&faults.shim, 1));
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
int __real_fsync(int file);
int __wrap_fsync(int file);
int __real_fdatasync(int file);
int __wrap_fdatasync(int file);

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

int __wrap_fsync(int file)
{
    return is_due(FAULT_POINT_SYNC) ? failed(EIO) : __real_fsync(file);
}

int __wrap_fdatasync(int file)
{
    return is_due(FAULT_POINT_SYNC) ? failed(EIO) : __real_fdatasync(file);
}
