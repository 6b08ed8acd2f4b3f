/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots: copies of a store, each one file with everything in the store, but with a signing
 * epoch of its own in place of the source's, whose key never leaves the source. The unlock sources
 * of the store unlock the snapshot, too. To become a store again, a snapshot is put into a folder
 * of its own as token.db and opened with `becomes` (open.h): that begins a new incarnation, which
 * its log records. Also: destroying a store. */
#pragma once

#include "base/results.h"
#include "storage/audit.h"
#include "storage/leftovers.h"
#include "storage/open.h"

/* Records the snapshot, durably, and only then makes it; the file must not exist, and is private. A
 * cut leaves at the most an empty one, and beside it an unfinished one, which is no snapshot.
 * event: who orders it, and when (ticks_us). On a fault no file is left, the record stays.
 * STORE_FULL: of the source's or of the file's medium. */
MUST_CHECK int snapshot_make(struct store *s, const struct audit_record *event, const char *path);

/* A snapshot in steps of a few milliseconds each, whatever the size of the store, for a store in
 * use. Between steps the store may be changed; the snapshot shows it as of snapshot_finish(). An
 * unfinished snapshot's name ends in SNAPSHOT_PART; its record is durable before it gets its final
 * name. Call these outside transactions; the store must stay open until snapshot_drop(). */
struct snapshot;
enum { SNAPSHOT_MORE = RESULTS_SNAPSHOT }; /* positive result: another step is needed */
MUST_CHECK int snapshot_begin(struct store *s, const char *path, struct snapshot **out);
/* Copies some pages. SNAPSHOT_MORE; 0: snapshot_finish() can be called now. STORE_FULL. */
MUST_CHECK int snapshot_step(struct snapshot *snapshot);
/* Appends the record and completes the snapshot; call it once. STORE_FULL. */
MUST_CHECK int snapshot_finish(struct snapshot *snapshot, const struct audit_record *event);
/* Frees the snapshot, and removes its files unless it is complete. Harmless on an empty
 * variable. */
void snapshot_drop(struct snapshot **inout);

/* Appends the DESTROYED record and gives the log's last checkpoint, a signed note, for a store that
 * destroy_files() is about to remove. STORE_FULL. */
MUST_CHECK int destroy_record(struct store *s, uint32_t uid, struct writer *out_note);
/* Overwrites and removes key file, database, write-ahead log and anchor of a store that no process
 * has open, and with them snapshots that nobody has fetched, complete or not; then the folder, if
 * it is empty. A missing file is not a fault. Blocks that the medium has replaced itself cannot be
 * reached. FAULT_DISK. */
MUST_CHECK int destroy_files(const struct store_place *place);
