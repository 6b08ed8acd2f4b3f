/* SPDX-License-Identifier: Apache-2.0 */
/* What a disk may hold after the power was cut. Everything that is written, cut short, synced, made
 * and removed in one folder is recorded, by SQLite (through its virtual file system) and by our own
 * code (by the linker: link with power_dep). Afterwards the files can be built as they may lie on
 * the medium after a cut between any two of these events.
 *
 * The model: what was synced is there. What was not synced may be there or not, in parts of 512
 * bytes, whatever the order in which it was written; so may a file's length. Names that were made
 * or removed become durable in their order; with the file's own sync, or the folder's, they are. */
#pragma once

#include "tests/support/folder.h"

enum power_loss {
    POWER_KEEPS_ALL,    /* everything reached the medium */
    POWER_LOSES_ALL,    /* nothing did that was not synced */
    POWER_LOSES_SOME,   /* each sector of each write by chance */
    POWER_TEARS,        /* all did but the end of the last write */
    POWER_SKIPS_WRITES, /* each whole write by chance */
    POWER_LOSS_COUNT
};

/* Once, before anything of SQLite. */
void power_install(void);
/* Begins to record what happens in the folder; what is there now is on the medium. The folder's
 * path is borrowed. */
void power_record(const struct folder *folder);
/* Ends it; the record stays. */
void power_stop(void);
/* Events so far. */
size_t power_now(void);

/* Walks the record from its beginning. */
struct power_replay *power_replay_begin(void);
void power_replay_end(struct power_replay **replay);
/* Builds in `out`, an empty folder or one that was built before, what the medium may hold when the
 * power is cut after the first `at` events; `at` must not decrease from call to call. The same seed
 * gives the same files. */
void power_cut(struct power_replay *replay, size_t at, enum power_loss loss, uint64_t seed,
               const struct folder *out);
