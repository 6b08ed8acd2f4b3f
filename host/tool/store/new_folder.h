/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for a store, or for a snapshot, while it is made: under a temporary name beside its
 * place, and moved there when it is whole. Until then, signals that end a program are held back,
 * and a mark in it says that it is unfinished (storage/leftovers.h). A marked folder that a
 * killed program left is removed by the next one that makes the same; a folder without the mark,
 * of somebody else, or with anything unknown in it, is left alone.
 *
 * It is known by its descriptor: who may write to the folder above can move it away, and then it
 * is neither put in its place nor anything else destroyed. */
#pragma once

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

struct new_folder {
    char path[PATH_MAX]; /* its temporary name */
    sigset_t before;
    bool holds; /* signals are held back */
    bool locked;
    int folder; /* -1: none */
};
#define NEW_FOLDER_NONE ((struct new_folder){ .folder = -1 })

/* Makes FOLDER.new-XXXXXX, mode 0700. False, with errno: it failed, and nothing was made. */
bool new_folder_make(struct new_folder *fresh, const char *folder);
/* Shows to others that it is being made, until a store in it is opened, which locks it. */
void new_folder_lock(struct new_folder *fresh);
void new_folder_unlock(struct new_folder *fresh);
/* Holds signals back from here on. Call it when nobody is waited for any more, such as a user who
 * types a passphrase. */
void new_folder_hold(struct new_folder *fresh);
/* Moves the folder to its place, durably. 0; or TOOL_FAILED after a complaint: new_folder_remove()
 * then removes it, wherever it is. */
int new_folder_place(struct new_folder *fresh, const char *folder);
/* Overwrites and removes the files in the folder, and removes the folder. */
void new_folder_remove(const struct new_folder *fresh);
/* Lets signals through again; those that came meanwhile take effect now. Harmless on an empty
 * variable. */
void new_folder_release(struct new_folder *fresh);
