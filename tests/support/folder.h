/* SPDX-License-Identifier: Apache-2.0 */
/* Scratch folders and whole files, for tests. Everything asserts: a helper that fails ends the
 * test. */
#pragma once

#include "base/bytes.h"

struct folder {
    char path[64];
};

struct file_path {
    char text[320];
};

struct bytes { /* owned */
    uint8_t *at;
    size_t size;
};

/* A fresh folder in /dev/shm or, failing that, /tmp. */
struct folder folder_make(void);
/* With everything in it. */
void folder_remove(struct folder *folder);
/* Only what is in it. */
void folder_empty(const struct folder *folder);
struct file_path folder_file(const struct folder *folder, const char *name);
/* Copies all files of one folder (which has no subfolders) into another. */
void folder_copy(const struct folder *from, const struct folder *to);
/* A digest over the names, modes and contents of all files. */
struct folder_digest {
    uint8_t bytes[32];
};
struct folder_digest folder_digest(const struct folder *folder);

struct bytes file_read(const char *path);
void file_write(const char *path, struct span content, unsigned mode);
void bytes_free(struct bytes *bytes);
