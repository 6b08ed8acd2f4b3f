/* Copies of a store. A snapshot is one file: everything in the store, with a signing epoch of its
 * own in place of the source's, whose secret never leaves. The sources that unlock the store unlock
 * the snapshot. It becomes a store again in a folder of its own, as token.db, when it is opened
 * with `becomes` (open.h): another incarnation, which its log tells. */
#pragma once

#include "storage/audit.h"
#include "storage/leftovers.h"
#include "storage/open.h"

/* Records the snapshot, durably, and only then makes it; the file must not exist, and is private. A
 * cut leaves at the most an empty one, and beside it an unfinished one, which is no snapshot.
 * event: who orders it, and when (ticks_us). On a fault no file is left, the record stays.
 * STORE_FULL: of the source's or of the file's medium. */
MUST_CHECK int snapshot_make(struct store *s, const struct audit_record *event, const char *path);

/* The same in steps, each of a few milliseconds however large the store is, for a store that is in
 * use: between two of them it may be changed, and the snapshot is of the moment when it is
 * finished. As long as it is in the making it has the name with SNAPSHOT_PART; the record is
 * durable before it has its own. Outside transactions; the store must stay open until it is
 * dropped. */
struct snapshot;
enum { SNAPSHOT_MORE = 130 }; /* positive result: another step is needed */
MUST_CHECK int snapshot_begin(struct store *s, const char *path, struct snapshot **out);
/* SNAPSHOT_MORE; 0: it can be finished at once. STORE_FULL. */
MUST_CHECK int snapshot_step(struct snapshot *snapshot);
/* Records it, and makes it whole; once. STORE_FULL. */
MUST_CHECK int snapshot_finish(struct snapshot *snapshot, const struct audit_record *event);
/* Removes it unless it is whole. Harmless on an empty variable. */
void snapshot_drop(struct snapshot **inout);

/* Appends the DESTROYED record and gives the log's last checkpoint, a signed note; for a store that
 * is about to be removed with destroy_files(). STORE_FULL. */
MUST_CHECK int destroy_record(struct store *s, uint32_t uid, struct writer *out_note);
/* Overwrites key file, database, write-ahead log and anchor of a store that nobody has open, and
 * removes them, and with them snapshots that nobody has fetched, whole or not; then the folder, if it
 * is empty. What is missing is no fault. What a medium keeps
 * of the blocks it has replaced cannot be reached. FAULT_DISK. */
MUST_CHECK int destroy_files(const struct store_place *place);
