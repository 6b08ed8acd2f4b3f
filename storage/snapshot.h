/* Copies of a store. A snapshot is one file: everything in the store, with a signing epoch of its
 * own in place of the source's, whose secret never leaves. The sources that unlock the store unlock
 * the snapshot. It becomes a store again in a folder of its own, as token.db, when it is opened
 * with `becomes` (open.h): another incarnation, which its log tells. */
#pragma once

#include "storage/audit.h"
#include "storage/open.h"

/* In the store's folder: a snapshot that waits for who ordered it. */
#define SNAPSHOT_NAME "token.snapshot"
/* What is added to the file's name until it is whole. */
#define SNAPSHOT_PART ".part"

/* Records the snapshot, durably, and only then makes it; the file must not exist, and is private. A
 * cut leaves at the most an empty one, and beside it an unfinished one, which is no snapshot.
 * event: who orders it, and when (ticks_us). On a fault no file is left, the record stays.
 * STORE_FULL: of the source's or of the file's medium. */
MUST_CHECK int snapshot_make(struct store *s, const struct audit_record *event, const char *path);

/* Appends the DESTROYED record and gives the log's last checkpoint, a signed note; for a store that
 * is about to be removed with destroy_files(). STORE_FULL. */
MUST_CHECK int destroy_record(struct store *s, uint32_t uid, struct writer *out_note);
/* Overwrites key file, database, write-ahead log and anchor of a store that nobody has open, and
 * removes them, and with them snapshots that nobody has fetched, whole or not; then the folder, if it
 * is empty. What is missing is no fault. What a medium keeps
 * of the blocks it has replaced cannot be reached. FAULT_DISK. */
MUST_CHECK int destroy_files(const struct store_place *place);
/* Overwrites one file and removes it. Nothing there is no fault. FAULT_DISK. */
MUST_CHECK int destroy_file(const char *path);
