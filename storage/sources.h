/* The unlock sources of a store at rest: which there are, adding and removing one, and renewing the
 * root secret. Each change is one transaction with its record; what is added or renewed needs a
 * store that was opened with keep_unlocked (storage/open.h). */
#pragma once

#include "storage/open.h"
#include "storage/unlock.h"

#define SOURCE_NAME_MAX 64 /* with its terminating zero */
#define SOURCES_MAX     32

enum {                      /* positive results beside those of unlock.h and STORE_FULL */
       SOURCE_UNKNOWN = 70, /* there is no source of that number */
       SOURCE_LAST,         /* without it, nothing would open the store */
       SOURCE_OTHERS,       /* there are others, which a new root secret would leave outside */
       SOURCE_TOO_MANY,     /* SOURCES_MAX are there */
};

struct source_facts {
    uint64_t number;
    enum unlock_kind kind; /* UNLOCK_KEY_FILE or UNLOCK_PASSPHRASE */
    char name[SOURCE_NAME_MAX];
    bool used; /* it opened the store; known with keep_unlocked */
};

struct source_list {
    size_t count;
    struct source_facts at[SOURCES_MAX];
};

MUST_CHECK int sources_list(struct store *s, struct source_list *out);
/* uid: who orders it, for the record. */
MUST_CHECK int sources_add(struct store *s, const struct unlock_source *source, const char *name,
                           uint32_t uid);
/* SOURCE_UNKNOWN, SOURCE_LAST. */
MUST_CHECK int sources_remove(struct store *s, uint64_t number, uint32_t uid);
/* Draws a new root secret and seals it for the source that opened the store; no object is touched.
 * The others cannot be served without their keys: with drop_others they are removed, without it
 * they are refused with SOURCE_OTHERS. */
MUST_CHECK int sources_rekey(struct store *s, bool drop_others, uint32_t uid);
