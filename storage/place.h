/* Where the files of a store lie, and the sentences that say why one is refused. */
#pragma once

#include "storage/open.h"
#include "storage/unlock.h"

struct paths {
    char *folder, *database, *journal, *write_ahead_log, *key_file, *anchor;
};

/* Works out the paths of a place that has a folder. FAULT_MEMORY. */
MUST_CHECK int paths_init(struct paths *paths, const struct store_place *place);
/* Harmless on empty or half-filled ones. */
void paths_deinit(struct paths *paths);
/* Whether both paths name something in the same folder. */
bool paths_share_folder(const char *one, const char *other);
struct unlock_source paths_source(const struct paths *paths, const struct store_place *place);

/* Writes the sentence and returns the refusal: `return refuse(...)` reads as it is meant. */
int refuse(struct store_refusal *out, int refusal, const char *format, ...) PRINTF_LIKE(3, 4);

/* An attempt to create or open, one step of it after the other. */
struct attempt {
    const struct store_place *place;
    struct paths paths;
    struct store *store;
    struct store_refusal *why;
    uint32_t version; /* of the schema as it was found */
    struct unlocked unlocked;
    bool rolled_back;  /* older than its anchor, or without one, and the user accepts it */
    uint64_t anchored; /* the anchor's generation, if there is a valid one */
    bool made_folder, made_key_file, made_database, made_anchor; /* undone on failure */
};

typedef int attempt_step(struct attempt *a);
/* Takes the steps in order until one fails. Steps hand up what the parts below them say; what of it
 * concerns the user (and the fault that means damage) becomes a refusal here, with its sentence. */
MUST_CHECK int attempt_run(struct attempt *a, attempt_step *const *steps, size_t count);
/* Closes and forgets what the attempt still holds. */
void attempt_end(struct attempt *a);

/* A step that creating and opening share. */
int attempt_lock(struct attempt *a);
