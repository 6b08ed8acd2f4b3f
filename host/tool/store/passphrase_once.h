/* SPDX-License-Identifier: Apache-2.0 */
/* A passphrase that somebody types, or that comes through a pipe, can be read once only, and
 * reading it waits. A copy opens two stores with it: it is read before anything is made, and held
 * in locked memory. */
#pragma once

#include "base/bytes.h"

struct passphrase_once {
    int file;      /* of memory; -1: none */
    void *at;      /* its one page, locked */
    char path[24]; /* by which it is opened, as often as wanted */
};
#define PASSPHRASE_ONCE_NONE ((struct passphrase_once){ .file = -1 })

/* Puts a path in the place of `*inout_path` unless that is NULL or names a regular file, which is
 * read when it is needed. An exit status; the reason was said. */
MUST_CHECK int passphrase_once_hold(struct passphrase_once *out, const char **inout_path);
/* Wipes it; the path that was put in its place is of no use any more. */
void passphrase_once_release(struct passphrase_once *held);
