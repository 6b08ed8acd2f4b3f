/* The audit log, as the card and the daemon see it. Records join the store's open transaction:
 * state and record are durable together or not at all.
 *
 * Identical refusals in a row (and readings of the log) are told as one: the first is a line at
 * once; of the others the state row keeps the count, durable with each answer, and they become one
 * line right before the next different record. Where nobody is logged in, what differs is joined as
 * well, so that nobody can fill the medium: the line then has the action WITHOUT_LOGIN, and command
 * and status word of the last. */
#pragma once

#include "formats/audit_record.h"
#include "formats/note.h"
#include "storage/store.h"

/* What happened; the log adds the rest (sequence, incarnation, boot count, continued tick, hash of
 * the previous line). The caller fills time_ms, ticks_us, random and everything from action on
 * except previous. count 0 means 1. Where the wall clock was set since the last record of this
 * power-on, a record says so first. Only in a transaction. STORE_FULL. */
MUST_CHECK int audit_append(struct store *s, const struct audit_record *event);
/* Writes the line of a row that waits for its end. Only in a transaction. STORE_FULL. */
MUST_CHECK int audit_flush(struct store *s);

/* Counts a power-on: later records carry the new boot count, and their continued ticks go on from
 * the last stored value. Only in a transaction; the caller appends the POWER_ON record to the same.
 */
MUST_CHECK int audit_start_boot(struct store *s);

struct audit_head {
    uint64_t size;             /* records appended since the store was created */
    uint8_t root[SHA256_SIZE]; /* Merkle tree hash over all of them, RFC 6962 2.1 */
    uint64_t pruned;           /* the oldest lines that are gone; their part of the tree is kept */
    uint64_t acknowledged;     /* records that an auditor holds a checkpoint of */
    uint32_t epoch;            /* of signing, from 1; 0: none (a store of an old format) */
    uint32_t used;             /* of the policy's limit */
    uint32_t waiting;          /* events that will become one more line */
};
/* As committed: records of an open transaction are not in it. */
struct audit_head audit_head(const struct store *s);

/* Hands lines from sequence number `from` on, oldest first, to `line` until it returns false or the
 * log ends. FAULT_BROKEN: one of them is not what was written, or missing; nothing of what was
 * handed over is to be believed then. */
typedef bool audit_line(void *context, uint64_t seq, struct span line);
MUST_CHECK int audit_read(struct store *s, uint64_t from, audit_line *line, void *context);

/* --- Signing epochs (docs/AUDIT.md): a key signs checkpoints from the beginning of its epoch to
 * its end, in whose transaction it is deleted, so that nobody can sign for the epoch afterwards ---
 */

/* Appends the event, whose digest becomes the new epoch's public key, and ends the epoch before it:
 * with a handover, which the old key signs over everything up to that record. Only in a
 * transaction. STORE_FULL. */
MUST_CHECK int audit_begin_epoch(struct store *s, const struct audit_record *event);
/* The two halves of it, for a copy of the store that shall have an epoch of its own. The source
 * appends the event and signs the handover; seed is the new epoch's, the caller's to wipe. The note
 * is empty where there was no epoch before. Only in a transaction. STORE_FULL. */
MUST_CHECK int audit_hand_over(struct store *s, const struct audit_record *event,
                               uint8_t out_seed[ED25519_SEED_SIZE], struct writer *out_note);
/* The copy takes the epoch. Only in a transaction. STORE_FULL. */
MUST_CHECK int audit_take_over(struct store *s, const uint8_t seed[ED25519_SEED_SIZE],
                               struct span note);

/* All that follow append text to out and give STORE_ABSENT in a store that has no epoch yet. */

/* The log as it is now, signed. What waits to be told as one is written first: then only in a
 * transaction, and good once that is committed. STORE_FULL. */
MUST_CHECK int audit_checkpoint(struct store *s, struct writer *out);
/* The same of the lines that there are: what waits goes on waiting, and nothing is written. */
MUST_CHECK int audit_checkpoint_of_lines(struct store *s, struct writer *out);
/* The receipt: first incarnation and first key. */
MUST_CHECK int audit_receipt(struct store *s, struct writer *out);
/* The handover that ended this epoch. STORE_ABSENT: it has not ended. */
MUST_CHECK int audit_handover(struct store *s, uint32_t epoch, struct writer *out);
/* The public key of an epoch, past ones included. */
MUST_CHECK int audit_epoch_key(struct store *s, uint32_t epoch, struct note_key *out);

/* The roots of the complete subtrees over the lines that are gone, the largest first: 32 bytes
 * each. Nothing when no lines are gone. */
MUST_CHECK int audit_pruned_peaks(struct store *s, struct writer *out);

/* That the log of the first `size` records goes on from that of the first `old`: the hashes of RFC
 * 6962 2.1.2, at most MERKLE_PROOF_MAX bytes. As committed. STORE_ABSENT: there are no such sizes.
 */
MUST_CHECK int audit_consistency(struct store *s, uint64_t old, uint64_t size, struct writer *out);

/* --- Policy --- */

enum audit_forced {
    AUDIT_FORCED_OFF,
    AUDIT_FORCED_ON,   /* at the limit, audited commands are refused until somebody acknowledges */
    AUDIT_FORCED_FIXED /* the same, and the policy stays as it is until INITIALIZE */
};
enum audit_reading { AUDIT_READ_BY_USER, AUDIT_READ_FREELY }; /* by APDU */

#define AUDIT_KEEP_ALL UINT64_MAX
#define AUDIT_KEEP_MIN 10

struct audit_policy {
    enum audit_forced forced;
    uint32_t limit; /* records that use the quota, since the last acknowledgement */
    uint64_t keep;  /* acknowledged lines beyond that many, and AUDIT_KEEP_MIN, are pruned */
    enum audit_reading reading;
};
/* As the open transaction, or the last one, leaves it. */
struct audit_policy audit_policy(const struct store *s);
/* Sets it; the event records it: its digest tells forced (1 byte), limit (4), keep (8), reading
 * (1), big endian. Only in a transaction. AUDIT_FIXED, STORE_FULL. */
MUST_CHECK int audit_set_policy(struct store *s, const struct audit_policy *policy,
                                const struct audit_record *event);
/* A fixed policy becomes one that may be changed; it stays on. Only in a transaction. */
void audit_unfix_policy(struct store *s);
/* Whether an action must be refused because too many records wait to be acknowledged. Logins, and
 * what reads and acknowledges the log, never. */
bool audit_exhausted(const struct store *s, enum audit_action action);

enum {                    /* positive results */
       AUDIT_FIXED = 120, /* the policy is fixed until INITIALIZE */
       AUDIT_NO_NOTE,     /* the text is no checkpoint */
       AUDIT_FOREIGN,     /* a checkpoint of another log */
       AUDIT_UNSIGNED,    /* not signed by the key of its epoch */
       AUDIT_AHEAD,       /* of more records than there are: this store is the older one */
       AUDIT_FORKED,      /* of other records than ours: one of both is another history */
       AUDIT_OLD,         /* no more than was acknowledged before */
};
/* Somebody holds this checkpoint (a signed note) and vouches for having seen the log up to there:
 * records it, begins a new epoch, gives back the quota, and prunes acknowledged lines as the policy
 * says. Only in a transaction. The results above, STORE_FULL. */
MUST_CHECK int audit_acknowledge(struct store *s, struct span note,
                                 const struct audit_record *event);
