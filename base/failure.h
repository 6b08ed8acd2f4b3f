/* SPDX-License-Identifier: Apache-2.0 */
/* The meaning of int results in all code below the card's commands, and the record of where a fault
 * arose.
 *
 *   0          success
 *   positive   an outcome that the function's header names; the caller must deal with it. No two
 *              outcomes share a number: base/results.h
 *   negative   a fault of the machine (memory, disk, library): callers return it unchanged and
 *              do not log it
 *
 * failure() creates a fault and stores its place and cause, for the caller at the top that reports
 * it. Only the first fault since failure_clear() is stored, since later ones are consequences of
 * it. */
#pragma once

#include "base/scope.h"

enum failure_kind {
    FAULT_MEMORY = -1,  /* an allocation failed */
    FAULT_DISK = -2,    /* a read, write or sync failed; the medium may be full or gone */
    FAULT_LIBRARY = -3, /* a library refused a call that cannot fail in normal operation */
    FAULT_BROKEN = -4,  /* an invariant does not hold, or an authenticated record was forged */
    FAULT_STOPPED = -5, /* long work was stopped at somebody's request */
};

struct failure {
    enum failure_kind kind;
    const char *file;
    int line;
    char cause[160]; /* one line, no secrets */
};

/* Stores a fault and returns its kind, for `return failure(FAULT_DISK, "...")`. The text may name
 * identities and numbers, never secrets or key material. */
#define failure(kind, ...) failure_note((kind), __FILE__, __LINE__, __VA_ARGS__)
int failure_note(enum failure_kind kind, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* The first fault of this thread since the last failure_clear(); its kind is 0 when there was
 * none. */
const struct failure *failure_last(void);
void failure_clear(void);
