/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for secrets: locked against swapping, left out of core dumps, wiped when its scope ends.
 *
 * Three kinds, by lifetime:
 *
 *   struct secret     for secrets that outlive one call (root secret, derived keys): guarded pages
 *   SCOPED_SECRET     on the stack, for one function: wiped at the end of the scope
 *   the secret heap   for what a library allocates while it works with keys: see secret_alloc()
 *
 * The system may refuse to lock memory (RLIMIT_MEMLOCK). The memory is used all the same, and
 * secret_locking_failed() then returns true; the daemon reports that once and shows it in its
 * status. */
#pragma once

#include "base/bytes.h"
#include "base/wipe.h"

struct secret {
    uint8_t *at;
    size_t size;
};

/* Allocates zeroed memory on pages of its own. Fault: FAULT_MEMORY. */
MUST_CHECK int secret_init(struct secret *s, size_t size);
/* Wipes and frees the memory; harmless on an empty or deinitialised secret. */
void secret_deinit(struct secret *s);
struct span secret_span(const struct secret *s);

struct secret_scratch {
    void *at;
    size_t size;
};
static inline void secret_scratch_end(struct secret_scratch *s)
{
    secret_wipe(s->at, s->size);
}
/* Declares `uint8_t name[size]` on the stack, wiped when the scope ends. */
#define SCOPED_SECRET(name, bytes)                                                                 \
    uint8_t name[bytes];                                                                           \
    __attribute__((unused))                                                                        \
    SCOPED(secret_scratch_end) struct secret_scratch name##_scratch = { name, sizeof name }

/* --- The secret heap --- */

/* malloc, realloc and free on memory that is locked and left out of core dumps. secret_alloc()
 * gives zeroed memory, and freed memory is wiped. Safe for several threads. Made for the allocation
 * hooks of a cryptographic library: fast, and freed memory is reused but never returned to the
 * system. */
void *secret_alloc(size_t size);
void *secret_realloc(void *old, size_t size);
void secret_free(void *block);

/* A stack for a thread that handles secrets: locked, left out of core dumps, with a guard page
 * below. NULL when there is no memory. */
void *secret_stack(size_t size);
/* Wipes and frees the stack; harmless on NULL. */
void secret_stack_free(void *stack, size_t size);

/* Whether locking failed for any memory that this process holds secrets in. */
bool secret_locking_failed(void);
