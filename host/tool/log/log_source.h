/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a token's log from a daemon, or from a store at rest, in one form. */
#pragma once

#include "formats/audit_record.h"
#include "formats/merkle.h"
#include "formats/checkpoint.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/store/place.h"

/* The options that say where the log is. */
struct log_place {
    struct admin_place daemon;
    struct tool_place store; /* a store at rest; folder NULL: none */
};
/* Options of a struct tool_place: the store that is read instead. */
extern const struct option_row log_store_rows[];

struct log_source {
    struct log_place place;
    struct admin_client client; /* open for a daemon; else `store` is */
    struct store *store;

    /* Filled by log_source_open(), as of one moment. */
    uint8_t checkpoint[CHECKPOINT_MAX], receipt[RECEIPT_MAX];
    size_t checkpoint_size, receipt_size;
    char *handovers; /* as sections of a snapshot file */
    size_t handovers_size;
    uint64_t pruned;
    uint8_t peaks[MERKLE_NODES_MAX];
    size_t peaks_size;

    bool torn; /* log_source_lines() found lines missing */
};

/* All give 0, or the exit status after a complaint. */

/* Opens the source, has it sign a checkpoint, and fills *out. place must outlive it. */
MUST_CHECK int log_source_open(const struct log_place *place, struct log_source *out);
/* Closes daemon or store. Harmless twice. */
void log_source_close(struct log_source *source);
/* log_source_lines() hands the lines `first` to `last` to take, without a gap. take returns false
 * after a complaint of its own, and the result is TOOL_FAILED. TOOL_BROKEN_LOG after a complaint:
 * the daemon says that its log is altered. TOOL_BROKEN_LOG, with source->torn
 * set and without a complaint: a line is missing. That is legitimate if somebody acknowledged, and
 * so pruned lines, after the source was opened: log_source_again() then reads everything anew, as
 * of now. If no more lines were pruned than before, it complains that the log is broken. */
typedef bool log_take(void *context, struct span line);
MUST_CHECK int log_source_again(struct log_source *source);
MUST_CHECK int log_source_lines(struct log_source *source, uint64_t first, uint64_t last,
                                log_take *take, void *context);
/* Appends the hashes of the consistency proof of RFC 6962 2.1.2 between the two sizes. */
MUST_CHECK int log_source_consistency(struct log_source *source, uint64_t from, uint64_t to,
                                      struct writer *out);
