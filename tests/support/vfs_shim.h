/* SPDX-License-Identifier: Apache-2.0 */
/* A layer between SQLite and its files that asks before each access: tests let it fail there, or
 * remember what was written. One to a program. */
#pragma once

#include "base/bytes.h"

/* What is about to happen to the file of that name. Each gives SQLITE_OK to let it, or the code
 * that SQLite gets instead. NULL: let it. */
struct vfs_hooks {
    int (*open)(const char *path, bool may_create);
    int (*read)(const char *path);
    int (*write)(const char *path, struct span bytes, uint64_t offset);
    int (*truncate)(const char *path, uint64_t size);
    int (*sync)(const char *path);
    int (*remove)(const char *path, bool synced); /* synced: and the folder is */
};

/* Before anything else of SQLite. The hooks are borrowed for ever. */
void vfs_shim_install(const struct vfs_hooks *hooks);
