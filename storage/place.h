/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of a store's files, the sentences for refusals, and the steps of creating and opening. */
#pragma once

#include "storage/open.h"
#include "storage/unlock.h"

struct paths {
    char *folder, *database, *journal, *write_ahead_log, *key_file, *anchor;
};

/* Computes the paths of a store's files from its place, which must have a folder. FAULT_MEMORY. */
MUST_CHECK int paths_init(struct paths *paths, const struct store_place *place);
/* Frees the paths; harmless on empty or partly filled ones. */
void paths_deinit(struct paths *paths);
struct unlock_source paths_source(const struct paths *paths, const struct store_place *place);

/* Writes the sentence and returns the refusal, for `return refuse(...)`. */
int refuse(struct store_refusal *out, int refusal, const char *format, ...) PRINTF_LIKE(3, 4);

/* An attempt to create or open a store: what its steps have found and made so far. */
struct attempt {
    const struct store_place *place;
    struct paths paths;
    struct store *store;
    struct store_refusal *why;
    uint32_t version; /* schema version as found in the file */
    struct unlocked unlocked;
    bool rolled_back;  /* the store is older than its anchor, or has none, and the user accepts
                          that */
    uint64_t anchored; /* generation in the anchor; 0: no valid anchor */
    bool made_folder, made_key_file, made_database, made_anchor; /* which of these this attempt has
                                                                    made: removed again on
                                                                    failure */
};

typedef int attempt_step(struct attempt *a);
/* Runs the steps in order until one fails. A step returns the results of the functions that it
 * calls; those that concern the user (and FAULT_BROKEN, which means damage) are turned into a
 * refusal with its sentence here. */
MUST_CHECK int attempt_run(struct attempt *a, attempt_step *const *steps, size_t count);
/* Closes the store that the attempt still holds, and frees and wipes the rest. */
void attempt_end(struct attempt *a);

/* The step that locks the folder, used by both creating and opening. */
int attempt_lock(struct attempt *a);
