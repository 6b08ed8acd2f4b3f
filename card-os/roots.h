/* Foreign roots: what the owner wants devices of other installations to be believed under. They are
 * put into the store by whoever administers it, never by a command; trust.h is who uses them.
 * INITIALIZE leaves them. */
#pragma once

#include "base/results.h"
#include "card-os/env.h"

#define ROOTS_MAX 16

/* Positive results, beside those of the store. */
enum {
    ROOTS_NO_ROOT = RESULTS_ROOTS, /* not the certificate of a root */
    ROOTS_BROKEN,                  /* its signature of itself does not verify */
    ROOTS_OUTDATED,                /* it is not valid now */
    ROOTS_KNOWN,                   /* there is one of this name, or it is the device's own */
    ROOTS_TOO_MANY,                /* there are ROOTS_MAX */
    ROOTS_UNKNOWN,                 /* there is none of this name */
    ROOTS_UNHEARD,                 /* the log has to be acknowledged first (forced audit) */
};
/* One sentence about a positive result. */
const char *roots_text(int result);

/* Believes a root (certificate 7F21, whole) from now on. Recorded; a transaction of its own. uid:
 * of whoever ordered it. STORE_FULL. */
MUST_CHECK int roots_add(const struct env *env, struct span certificate, uint32_t uid);
/* No more. The same. */
MUST_CHECK int roots_remove(const struct env *env, struct span name, uint32_t uid);
/* Hands every foreign root's certificate to each. */
MUST_CHECK int roots_each(struct store *store, void (*each)(void *context, struct span certificate),
                          void *context);
/* Appends that of the root under which the device itself was made. STORE_ABSENT. */
MUST_CHECK int roots_own(struct store *store, struct writer *out);
