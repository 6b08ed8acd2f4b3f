/* Memory for secrets: locked, left out of core dumps, wiped when its scope ends.
 *
 * Three sizes of life:
 *   struct secret     lives across calls (root secret, derived keys): own guarded pages
 *   SCOPED_SECRET     scratch on the stack for one function: wiped at the end of the scope
 *   the secret heap   what a library allocates while it works with keys: see secret_alloc()
 *
 * Locking can be refused by the system's limit. That is never ignored: secret_locking_failed() says
 * so, the daemon reports it once and shows it in its status. */
#pragma once

#include "base/bytes.h"

/* Wipes in a way the compiler cannot remove. */
void secret_wipe(void *at, size_t size);

/* Wipes the stack that functions called from here have used and left, so many bytes of it: what a
 * library had there is gone, too. */
void secret_wipe_stack(size_t size);

struct secret {
    uint8_t *at;
    size_t size;
};

/* Zeroed memory of its own pages. Fault: FAULT_MEMORY. */
MUST_CHECK int secret_init(struct secret *s, size_t size);
/* Wipes and gives back; harmless on an empty or deinitialised secret. */
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

/* malloc, realloc and free on locked, undumped pages; freed memory is wiped, and what
 * secret_alloc() gives is zero. Safe for several threads. Made for a cryptographic library's
 * allocation hooks: quick, and never given back to the system. */
void *secret_alloc(size_t size);
void *secret_realloc(void *old, size_t size);
void secret_free(void *block);

/* A stack for a thread over which secrets pass: locked, undumped, with a guard page below. NULL
 * when there is no memory. */
void *secret_stack(size_t size);
/* Wipes and gives back; harmless on NULL. */
void secret_stack_free(void *stack, size_t size);

/* Whether some secret's pages could not be locked. */
bool secret_locking_failed(void);
