/* What our int results mean below the card, and where a failure was born.
 *
 *   0          done
 *   positive   an answer that the header of the function names; the caller must deal with it
 *   negative   a fault of the machine (memory, disk, library); nobody examines it, everybody hands
 *              it up unchanged, and nobody logs on the way up
 *
 * A fault is born through failure(), which remembers place and cause for the one who reports it at
 * the top. Only the first fault since failure_clear() is remembered: later ones are its
 * consequences. */
#pragma once

#include "base/scope.h"

enum failure_kind {
    FAULT_MEMORY = -1,  /* an allocation failed */
    FAULT_DISK = -2,    /* a read, write or sync failed; the medium may be full or gone */
    FAULT_LIBRARY = -3, /* a library refused what it must not refuse */
    FAULT_BROKEN = -4,  /* an invariant does not hold, or an authenticated record was forged */
    FAULT_STOPPED = -5, /* long work was given up because somebody asked for it */
};

struct failure {
    enum failure_kind kind;
    const char *file;
    int line;
    char cause[160]; /* one line, no secrets */
};

/* Notes a fault and returns its kind, so that `return failure(FAULT_DISK, "...")` reads as it is
 * meant. The format takes identities and numbers, never material. */
#define failure(kind, ...) failure_note((kind), __FILE__, __LINE__, __VA_ARGS__)
int failure_note(enum failure_kind kind, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* The first fault of this thread since the last failure_clear(); kind is 0 when there was none. */
const struct failure *failure_last(void);
void failure_clear(void);
