/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log, as the card and the daemon see it. A record joins the store's open transaction:
 * the change and its record become durable together or not at all.
 *
 * Consecutive identical refusals (and reads of the log) are combined. The first becomes a line at
 * once. The number of the others is kept in the state row, durable before each answer, and becomes
 * one more line right before the next different record. While nobody is logged in, differing
 * refusals are combined as well, so that nobody without a login can fill the medium: such a line
 * has the action WITHOUT_LOGIN, and the command and status word of the last refusal. */
#pragma once

#include "base/results.h"
#include "formats/audit_record.h"
#include "formats/checkpoint.h"
#include "storage/store.h"

/* Appends a record of one event. The caller fills in time_ms, ticks_us, random and all fields from
 * action on except previous; count 0 means 1. The log adds sequence number, incarnation, boot
 * count, continued tick and the hash of the previous line. When the wall clock was set since the
 * last record of this power-on, a CLOCK_SET record is appended first. Only in a transaction.
 * STORE_FULL. */
MUST_CHECK int audit_append(struct store *s, const struct audit_record *event);
/* Writes the line for the combined records that are only counted so far, if there are any. Only in
 * a transaction. STORE_FULL. */
MUST_CHECK int audit_flush(struct store *s);

/* Counts a power-on: later records carry the new boot count, and their continued ticks go on from
 * the last stored value. Only in a transaction; the caller appends the POWER_ON record in the same
 * transaction. */
MUST_CHECK int audit_start_boot(struct store *s);

struct audit_head {
    uint64_t size;             /* records appended since the store was created */
    uint8_t root[SHA256_SIZE]; /* Merkle tree hash over all of them, RFC 6962 2.1 */
    uint64_t pruned;           /* how many lines were deleted, the oldest ones; their part of the
                                  tree is kept */
    uint64_t acknowledged;     /* records that an auditor holds a checkpoint of */
    uint32_t epoch;            /* signing epoch, from 1; 0: none (a store of an old format) */
    uint32_t used;             /* records that count against the policy's limit */
    uint32_t waiting;          /* combined events that are not in the log yet: they will become one
                                  line */
};
/* The log as of the last commit: records of an open transaction are not in it. */
struct audit_head audit_head(const struct store *s);

/* Calls `line` with each line from sequence number `from` on, oldest first, until it returns false
 * or the log ends. FAULT_BROKEN: a line was altered or is missing; none of the lines given by this
 * call may be trusted then. */
typedef bool audit_line(void *context, uint64_t seq, struct span line);
MUST_CHECK int audit_read(struct store *s, uint64_t from, audit_line *line, void *context);

/* --- Signing epochs (docs/AUDIT.md): each epoch has a key that signs its checkpoints. The
 * transaction that ends the epoch deletes the key, so that nobody can sign for the epoch afterwards
 * --- */

/* Begins a new epoch: appends the event with the new public key as its digest. The epoch before it
 * ends with a handover, a note that its key signs over all records up to that one. Only in a
 * transaction. STORE_FULL. */
MUST_CHECK int audit_begin_epoch(struct store *s, const struct audit_record *event);
/* audit_begin_epoch() in two halves, for a copy of the store that gets an epoch of its own. First
 * half, in the source: appends the event and signs the handover. out_seed is the new epoch's seed,
 * the caller's to wipe; out_note stays empty when the source has no epoch. Only in a transaction.
 * STORE_FULL. */
MUST_CHECK int audit_hand_over(struct store *s, const struct audit_record *event,
                               uint8_t out_seed[ED25519_SEED_SIZE], struct writer *out_note);
/* Second half, in the copy: stores the seed and the note, which begins the epoch. Only in a
 * transaction. STORE_FULL. */
MUST_CHECK int audit_take_over(struct store *s, const uint8_t seed[ED25519_SEED_SIZE],
                               struct span note);

/* The functions below append text to out; all return STORE_ABSENT in a store that has no epoch
 * yet. */

/* Signs a checkpoint of the log with all events so far. Combined records that are only counted yet
 * are written first; if there are any, only in a transaction, and the checkpoint is valid once that
 * is committed. STORE_FULL. */
MUST_CHECK int audit_checkpoint(struct store *s, struct writer *out);
/* Signs a checkpoint of the lines that the log has now: combined records that are only counted so
 * far are not covered, and nothing is written. */
MUST_CHECK int audit_checkpoint_of_lines(struct store *s, struct writer *out);
/* Writes the receipt: first incarnation and first public key of the log. */
MUST_CHECK int audit_receipt(struct store *s, struct writer *out);
/* Writes the handover that ended this epoch. STORE_ABSENT: the epoch has not ended. */
MUST_CHECK int audit_handover(struct store *s, uint32_t epoch, struct writer *out);
/* The public key of an epoch, which may have ended. */
MUST_CHECK int audit_epoch_key(struct store *s, uint32_t epoch, struct checkpoint_key *out);

/* Writes the roots of the complete subtrees over the deleted lines, the largest first, 32 bytes
 * each; nothing when no line was deleted. */
MUST_CHECK int audit_pruned_peaks(struct store *s, struct writer *out);

/* Writes the proof that the log of the first `size` records extends that of the first `old`: the
 * hashes of RFC 6962 2.1.2, at most MERKLE_PROOF_MAX bytes. Committed records only. STORE_ABSENT:
 * the log is shorter, or old exceeds size. */
MUST_CHECK int audit_consistency(struct store *s, uint64_t old, uint64_t size, struct writer *out);

/* --- Policy --- */

enum audit_forced {
    AUDIT_FORCED_OFF,
    AUDIT_FORCED_ON,   /* at the limit, audited commands are refused until somebody acknowledges */
    AUDIT_FORCED_FIXED /* like ON, and the policy cannot be changed until INITIALIZE */
};
enum audit_reading { AUDIT_READ_BY_USER, AUDIT_READ_FREELY }; /* who may read the log by APDU */

#define AUDIT_KEEP_ALL UINT64_MAX
#define AUDIT_KEEP_MIN 10

struct audit_policy {
    enum audit_forced forced;
    uint32_t limit; /* how many records may use the quota after an acknowledgement */
    uint64_t keep;  /* how many lines to keep (at least AUDIT_KEEP_MIN); older acknowledged ones are
                       deleted */
    enum audit_reading reading;
};
/* The policy as of the open transaction, or else of the last one. */
struct audit_policy audit_policy(const struct store *s);
/* Sets the policy and appends the event, with the policy as its digest: forced (1 byte), limit (4),
 * keep (8), reading (1), big-endian. Only in a transaction. AUDIT_FIXED, STORE_FULL. */
MUST_CHECK int audit_set_policy(struct store *s, const struct audit_policy *policy,
                                const struct audit_record *event);
/* Turns AUDIT_FORCED_FIXED into AUDIT_FORCED_ON. Only in a transaction. */
void audit_unfix_policy(struct store *s);
/* Forced audit: whether an audited action must be refused because the limit of unacknowledged
 * records is reached. Always false for logins and for reading and acknowledging the log. */
bool audit_exhausted(const struct store *s, enum audit_action action);

/* Positive results. */
enum {
    AUDIT_FIXED = RESULTS_AUDIT, /* the policy is fixed until INITIALIZE */
    AUDIT_NO_NOTE,               /* the text is not a checkpoint */
    AUDIT_FOREIGN,               /* the checkpoint is of another log */
    AUDIT_UNSIGNED,              /* the checkpoint is not signed by the key of its epoch */
    /* The checkpoint has more records than this log: this store is the older one. */
    AUDIT_AHEAD,
    /* The checkpoint's records differ from this log's: the two have different histories. */
    AUDIT_FORKED,
    AUDIT_OLD, /* no records beyond those acknowledged before */
};
/* An auditor has seen the log up to this checkpoint (a signed note) and keeps it. Records that,
 * begins a new epoch, sets the quota anew, and deletes acknowledged lines as the policy says. Only
 * in a transaction. The results above, STORE_FULL. */
MUST_CHECK int audit_acknowledge(struct store *s, struct span note,
                                 const struct audit_record *event);
