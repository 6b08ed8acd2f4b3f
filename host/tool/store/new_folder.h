/* A store's folder while it is made: beside its place, under a name of its own, and moved there when
 * it is whole. Signals that end a program wait so long; what a killed one left is removed by the next
 * that makes the same. */
#pragma once

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

struct new_folder {
    char path[PATH_MAX]; /* where it is made */
    sigset_t before;
    bool holds; /* signals wait */
};

/* Makes FOLDER.new-XXXXXX, mode 0700; false and nothing done, if that cannot be. */
bool new_folder_make(struct new_folder *new, const char *folder);
/* From here on, signals wait: when nobody is waited for any more, such as who types a passphrase. */
void new_folder_hold(struct new_folder *new);
/* Moves it to its place, durably; 0, or TOOL_FAILED with a complaint, and it stays where it is. */
int new_folder_place(const struct new_folder *new, const char *folder);
/* Overwrites and removes what is in it, and it. */
void new_folder_remove(const struct new_folder *new);
/* Signals that have come take effect now. Harmless on an empty one. */
void new_folder_release(struct new_folder *new);
