/* The audit log, as the card and the daemon see it. Records join the store's open transaction:
 * state and record are durable together or not at all. */
#pragma once

#include "formats/audit_record.h"
#include "storage/store.h"

/* What happened; the log adds the rest (sequence, incarnation, boot count, continued tick, hash of
 * the previous line). The caller fills time_ms, ticks_us, random and everything from action on
 * except previous. count 0 means 1. Only in a transaction. STORE_FULL. */
MUST_CHECK int audit_append(struct store *s, const struct audit_record *event);

/* Counts a power-on: later records carry the new boot count, and their continued ticks go on from
 * the last stored value. Only in a transaction; the caller appends the POWER_ON record to the same.
 */
MUST_CHECK int audit_start_boot(struct store *s);

struct audit_head {
    uint64_t size;             /* records appended since the store was created */
    uint8_t root[SHA256_SIZE]; /* Merkle tree hash over all of them, RFC 6962 2.1 */
};
/* As committed: records of an open transaction are not in it. */
struct audit_head audit_head(const struct store *s);

/* Hands lines from sequence number `from` on, oldest first, to `line` until it returns false or the
 * log ends. */
typedef bool audit_line(void *context, uint64_t seq, struct span line);
MUST_CHECK int audit_read(struct store *s, uint64_t from, audit_line *line, void *context);
