/* SPDX-License-Identifier: Apache-2.0 */
/* Listing, adding and removing the unlock sources of a store that no daemon uses, and renewing its
 * root secret. Each change is one transaction together with its record. Adding and renewing need a
 * store that was opened with keep_unlocked (storage/open.h). */
#pragma once

#include "base/results.h"
#include "storage/open.h"
#include "storage/unlock.h"

#define SOURCE_NAME_MAX 64 /* bytes, with the terminating zero */
#define SOURCES_MAX     32

/* Positive results besides those of unlock.h and STORE_FULL. */
enum {
    SOURCE_UNKNOWN = RESULTS_SOURCES, /* there is no source with that number */
    SOURCE_LAST,     /* it is the last source: without it the store could never be opened */
    SOURCE_OTHERS,   /* there are others, for which the new root secret cannot be sealed */
    SOURCE_TOO_MANY, /* there are SOURCES_MAX sources already */
};

struct source_facts {
    uint64_t number;
    enum unlock_kind kind; /* UNLOCK_KEY_FILE or UNLOCK_PASSPHRASE */
    char name[SOURCE_NAME_MAX];
    bool used; /* this source has opened the store; set only with keep_unlocked */
};

struct source_list {
    size_t count;
    struct source_facts at[SOURCES_MAX];
};

MUST_CHECK int sources_list(struct store *s, struct source_list *out);
/* Adds a source under a name. uid: the user who orders it, for the record. */
MUST_CHECK int sources_add(struct store *s, const struct unlock_source *source, const char *name,
                           uint32_t uid);
/* Removes a source. SOURCE_UNKNOWN, SOURCE_LAST. */
MUST_CHECK int sources_remove(struct store *s, uint64_t number, uint32_t uid);
/* Makes a new root secret and seals it for the source that opened the store; no object is changed.
 * It cannot be sealed for the other sources, whose keys are not known: with drop_others they are
 * removed, without it SOURCE_OTHERS is returned. */
MUST_CHECK int sources_rekey(struct store *s, bool drop_others, uint32_t uid);
