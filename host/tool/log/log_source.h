/* Where a log comes from: a daemon, a store at rest, or a card. What each can tell, in one form. */
#pragma once

#include "formats/audit_record.h"
#include "formats/merkle.h"
#include "formats/note.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/store/place.h"

/* Options that say where. */
struct log_place {
    const char *socket, *name; /* of a daemon */
    struct tool_place store;   /* folder NULL: not at rest */
};

struct log_source {
    struct log_place place;
    struct admin_client client; /* one of both is open */
    struct store *store;

    /* Filled by log_source_open(), as of one moment. */
    uint8_t checkpoint[NOTE_MAX], receipt[RECEIPT_MAX];
    size_t checkpoint_size, receipt_size;
    char *handovers; /* their sections */
    size_t handovers_size;
    uint64_t pruned;
    uint8_t peaks[MERKLE_NODES_MAX];
    size_t peaks_size;

    bool torn; /* log_source_lines() found lines missing */
};

/* All give 0, or the exit status after a complaint. */

/* place is kept; signs a checkpoint. */
MUST_CHECK int log_source_open(const struct log_place *place, struct log_source *out);
/* Harmless twice. */
void log_source_close(struct log_source *source);
/* Gives lines `first` to `last` to take, without a gap. Where it answers false, after a complaint
 * of its own: TOOL_FAILED. TOOL_BROKEN_LOG, and source->torn without a complaint: a line is not
 * there, which is as it should be where somebody has acknowledged and so let lines go since the
 * source was opened. Then log_source_again() tells all anew, as of now; where no more were let go
 * than before, it complains that the log is broken. */
typedef bool log_take(void *context, struct span line);
MUST_CHECK int log_source_again(struct log_source *source);
MUST_CHECK int log_source_lines(struct log_source *source, uint64_t first, uint64_t last,
                                log_take *take, void *context);
/* The hashes of RFC 6962 2.1.2. */
MUST_CHECK int log_source_consistency(struct log_source *source, uint64_t from, uint64_t to,
                                      struct writer *out);

/* The options --socket, --store, --passphrase-file, --key-file and --anchor, for getopt_long; and
 * what takes them: false for another option. */
#define LOG_PLACE_OPTIONS                                                                          \
    { "socket", required_argument, NULL, 's' }, { "store", required_argument, NULL, 'd' },         \
        { "passphrase-file", required_argument, NULL, 'p' },                                       \
        { "key-file", required_argument, NULL, 'k' }, { "anchor", required_argument, NULL, 'a' },  \
    {                                                                                              \
        "help", no_argument, NULL, 'h'                                                             \
    }
bool log_place_take(int option, const char *value, struct log_place *out);
