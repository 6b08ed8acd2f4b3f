/* SPDX-License-Identifier: Apache-2.0 */
/* Allocates and wipes memory for secrets. Long-lived secrets use libsodium's guarded pages. The
 * secret heap below serves the many small, short-lived allocations of a cryptographic library, for
 * which guarded pages (four system calls each) would cost more time than a signature. */
#include "base/secret.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/failure.h"

/* Whether any page could not be locked. A fact about the whole process, set by both allocators. */
static atomic_bool locking_failed;

bool secret_locking_failed(void)
{
    return locking_failed;
}

int secret_init(struct secret *s, size_t size)
{
    if (sodium_init() < 0) /* only the first call does work */
        return failure(FAULT_LIBRARY, "libsodium does not start");
    uint8_t *at = sodium_malloc(size);
    if (!at)
        return failure(FAULT_MEMORY, "no memory for a secret of %zu bytes", size);
    if (sodium_mlock(at, size) != 0)
        locking_failed = true;
    memset(at, 0, size);
    *s = (struct secret){ at, size };
    return 0;
}

void secret_deinit(struct secret *s)
{
    sodium_free(s->at);
    *s = (struct secret){ 0 };
}

struct span secret_span(const struct secret *s)
{
    return span_of(s->at, s->size);
}

/* --- The secret heap ---
 *
 * Blocks come in powers of two, from 32 bytes to LARGEST, each with its own list of free blocks;
 * larger ones get pages of their own. A block knows its usable size. */

#define CHUNK    ((size_t)256 * 1024)
#define SMALLEST ((size_t)32)
#define LARGEST  ((size_t)32 * 1024)
#define CLASSES  11 /* 32 << 10 is LARGEST */

struct block {
    _Alignas(16) size_t usable;
    struct block *next_free;
    /* the user's bytes follow */
};

static struct {
    pthread_mutex_t lock;
    struct block *free[CLASSES];
    uint8_t *fresh; /* the part of the newest chunk that was never used */
    size_t fresh_size;
} heap = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *locked_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    /* Locked when touched: resident memory grows with use, not with the chunk. */
    if (mlock2(pages, size, MLOCK_ONFAULT) != 0)
        locking_failed = true;
    madvise(pages, size, MADV_DONTDUMP);
    madvise(pages, size, MADV_WIPEONFORK);
    return pages;
}

static unsigned class_of(size_t size)
{
    unsigned order = 0;
    while (SMALLEST << order < size)
        order++;
    return order;
}

static struct block *take_fresh(size_t usable)
{
    size_t needed = sizeof(struct block) + usable;
    if (heap.fresh_size < needed) {
        heap.fresh = locked_pages(CHUNK);
        heap.fresh_size = heap.fresh ? CHUNK : 0;
        if (!heap.fresh)
            return NULL;
        /* All of this memory will be used: one call now avoids a page fault for each page. */
        madvise(heap.fresh, CHUNK, MADV_POPULATE_WRITE);
    }
    struct block *block = (struct block *)heap.fresh;
    heap.fresh += needed;
    heap.fresh_size -= needed;
    block->usable = usable;
    return block;
}

static struct block *take_block(size_t size)
{
    unsigned order = class_of(size);
    pthread_mutex_lock(&heap.lock);
    struct block *block = heap.free[order];
    if (block)
        heap.free[order] = block->next_free;
    else
        block = take_fresh(SMALLEST << order);
    pthread_mutex_unlock(&heap.lock);
    return block;
}

static struct block *take_pages(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block))
        return NULL;
    struct block *block = locked_pages(sizeof(struct block) + size);
    if (block)
        block->usable = size;
    return block;
}

void *secret_alloc(size_t size)
{
    struct block *block = size <= LARGEST ? take_block(size) : take_pages(size);
    return block ? block + 1 : NULL;
}

void secret_free(void *at)
{
    if (!at)
        return;
    struct block *block = (struct block *)at - 1;
    secret_wipe(at, block->usable);
    if (block->usable > LARGEST) {
        munmap(block, sizeof *block + block->usable);
        return;
    }
    unsigned order = class_of(block->usable);
    pthread_mutex_lock(&heap.lock);
    block->next_free = heap.free[order];
    heap.free[order] = block;
    pthread_mutex_unlock(&heap.lock);
}

void *secret_realloc(void *old, size_t size)
{
    if (!old)
        return secret_alloc(size);
    size_t usable = ((struct block *)old - 1)->usable;
    if (size <= usable)
        return old;
    void *bigger = secret_alloc(size);
    if (!bigger)
        return NULL;
    memcpy(bigger, old, usable);
    secret_free(old);
    return bigger;
}

/* --- Stacks --- */

#define GUARD_SIZE ((size_t)4096)

void *secret_stack(size_t size)
{
    uint8_t *pages = locked_pages(GUARD_SIZE + size);
    if (!pages || mprotect(pages, GUARD_SIZE, PROT_NONE) != 0)
        return NULL;
    return pages + GUARD_SIZE;
}

void secret_stack_free(void *stack, size_t size)
{
    if (!stack)
        return;
    secret_wipe(stack, size);
    munmap((uint8_t *)stack - GUARD_SIZE, GUARD_SIZE + size);
}
