/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign roots: certificates of roots of other installations, under which the owner wants devices
 * to be trusted (trust.h). An administrator puts them into the store; no command can. INITIALIZE
 * leaves them. */
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

/* Trusts a root (certificate 7F21, whole) from now on, and records it, in a transaction of its own.
 * uid: the user who ordered it, for the record. ROOTS_NO_ROOT, ROOTS_BROKEN, ROOTS_OUTDATED,
 * ROOTS_KNOWN, ROOTS_TOO_MANY, ROOTS_UNHEARD, STORE_FULL. */
MUST_CHECK int roots_add(const struct env *env, struct span certificate, uint32_t uid);
/* Trusts the root of this name no longer, and records it, in a transaction of its own.
 * ROOTS_UNKNOWN, ROOTS_UNHEARD, STORE_FULL. */
MUST_CHECK int roots_remove(const struct env *env, struct span name, uint32_t uid);
/* Calls each() with the certificate of every foreign root, borrowed for the call. */
MUST_CHECK int roots_each(struct store *store, void (*each)(void *context, struct span certificate),
                          void *context);
/* Appends the certificate of the root under which the device itself was made. STORE_ABSENT. */
MUST_CHECK int roots_own(struct store *store, struct writer *out);
