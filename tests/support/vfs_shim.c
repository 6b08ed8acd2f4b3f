/* SPDX-License-Identifier: Apache-2.0 */
/* Each file is followed in memory by the real one. */
#include "tests/support/vfs_shim.h"

#include <sqlite3.h>
#include <stdlib.h>

static struct {
    const struct vfs_hooks *hooks;
    sqlite3_vfs *real; /* SQLite's own */
    sqlite3_vfs shim;
} layer;

struct shim_file {
    sqlite3_file base;
    const char *path; /* SQLite's, until the file is closed; NULL for a temporary one */
    sqlite3_file real[];
};

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

static const char *path_of(sqlite3_file *file)
{
    const char *path = ((struct shim_file *)file)->path;
    return path ? path : "";
}

#define ASK(hook, ...) (layer.hooks->hook ? layer.hooks->hook(__VA_ARGS__) : SQLITE_OK)

static int shim_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int shim_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset)
{
    int code = ASK(read, path_of(file));
    return code ? code : real(file)->pMethods->xRead(real(file), out, size, offset);
}

static int shim_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 offset)
{
    int code = ASK(write, path_of(file), span_of(from, (size_t)size), (uint64_t)offset);
    return code ? code : real(file)->pMethods->xWrite(real(file), from, size, offset);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = ASK(truncate, path_of(file), (uint64_t)size);
    return code ? code : real(file)->pMethods->xTruncate(real(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    int code = ASK(sync, path_of(file));
    return code ? code : real(file)->pMethods->xSync(real(file), flags);
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

static int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
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
    ((struct shim_file *)file)->path = path;
    int code = ASK(open, path_of(file), (flags & SQLITE_OPEN_CREATE) != 0);
    if (!code)
        code = layer.real->xOpen(layer.real, path, real(file), flags, out_flags);
    if (!code)
        file->pMethods = &methods;
    return code;
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    int code = ASK(remove, path, sync_folder != 0);
    return code ? code : layer.real->xDelete(layer.real, path, sync_folder);
}

void vfs_shim_install(const struct vfs_hooks *hooks)
{
    layer.hooks = hooks;
    layer.real = sqlite3_vfs_find(NULL);
    layer.shim = *layer.real;
    layer.shim.zName = "shim";
    layer.shim.szOsFile += (int)sizeof(struct shim_file);
    layer.shim.xOpen = shim_open;
    layer.shim.xDelete = shim_delete;
    if (sqlite3_vfs_register(&layer.shim, 1) != SQLITE_OK)
        abort(); /* outside a test nothing can assert */
}
