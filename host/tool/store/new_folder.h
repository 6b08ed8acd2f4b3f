/* A folder for a store, or for a snapshot, while it is made: under a temporary name beside its
 * place, and moved there when it is whole. Until then, signals that end a program are held back. A
 * folder that a killed program left is removed by the next one that makes the same. */
#pragma once

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include "storage/lock.h"

struct new_folder {
    char path[PATH_MAX]; /* its temporary name */
    sigset_t before;
    bool holds; /* signals are held back */
    bool locked;
    struct folder_lock lock;
};

/* Makes FOLDER.new-XXXXXX, mode 0700. False: it failed, and nothing was made. */
bool new_folder_make(struct new_folder *new, const char *folder);
/* Shows to others that it is being made, until a store in it is opened, which locks it. */
void new_folder_lock(struct new_folder *new);
void new_folder_unlock(struct new_folder *new);
/* Holds signals back from here on. Call it when nobody is waited for any more, such as a user who
 * types a passphrase. */
void new_folder_hold(struct new_folder *new);
/* Moves the folder to its place, durably. 0; or TOOL_FAILED after a complaint, and it keeps its
 * temporary name. */
int new_folder_place(const struct new_folder *new, const char *folder);
/* Overwrites and removes the files in the folder, and removes the folder. */
void new_folder_remove(const struct new_folder *new);
/* Lets signals through again; those that came meanwhile take effect now. Harmless on an empty
 * variable. */
void new_folder_release(struct new_folder *new);
