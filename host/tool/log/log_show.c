/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm log show: the records of a token, through its daemon or from a store at rest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/usage.h"
#include "host/tool/cli/value.h"
#include "host/tool/log/log_source.h"
#include "host/tool/log/log_stream.h"
#include "host/tool/log/log_verbs.h"
#include "storage/audit.h"

#define LAST_MAX     100000
#define A_REQUEST    8192 /* lines asked of a daemon at a time */
#define FURTHER_BACK 16
#define GAPS_MAX     100 /* how often lines may be let go while we read */

struct kept_line {
    uint8_t bytes[AUDIT_LINE_MAX];
    size_t size;
};

/* A log while it is shown. */
struct showing {
    const struct log_show_options *wished;
    uint64_t last; /* show only so many lines, the newest; 0: all */
    enum record_clock clock;
    uint64_t next;             /* number of the line that is expected */
    bool chained;              /* `hash` is that of the line before, or there is none before */
    uint8_t hash[SHA256_SIZE]; /* of the line before */
    struct kept_line *kept;    /* a ring of `last` lines */
    uint64_t kept_count;       /* lines that were put into the ring, in all */
    unsigned gaps;             /* gaps that were explained */
};

static void print_head(const struct showing *show)
{
    static const char *const clocks[] = { [RECORD_LOCAL] = "local time             ",
                                          [RECORD_RAW] = "us since power-on",
                                          [RECORD_CONTINUED] = "     us continued" };
    if (!show->wished->as_json)
        text_print(stdout, "%6s  %s  %-24s  %-4s  %-7s  %s\n", "record", clocks[show->clock],
                   "action", "sw", "who", "object");
}

static bool show_line(const struct showing *show, struct span line)
{
    struct audit_record record;
    if (show->wished->as_json) {
        text_json_line(stdout, line);
        return !ferror(stdout);
    }
    if (!audit_record_read(line, &record))
        return false;
    record_print(&record, show->clock);
    return true;
}

/* --- The newest lines: kept until the end is known --- */

static bool keep_line(struct showing *show, struct span line)
{
    struct kept_line *place = &show->kept[show->kept_count++ % show->last];
    place->size = line.size;
    return span_copy(line, place->bytes, line.size);
}

/* Shows the lines in the ring; after this, lines are shown as they come. */
static bool show_kept(struct showing *show)
{
    uint64_t count = show->kept_count < show->last ? show->kept_count : show->last;
    bool good = true;
    for (uint64_t i = show->kept_count - count; good && i < show->kept_count; i++) {
        const struct kept_line *kept = &show->kept[i % show->last];
        good = show_line(show, span_of(kept->bytes, kept->size));
    }
    show->last = 0;
    return good;
}

/* --- One line after the other --- */

static void begin_at(struct showing *show, uint64_t number)
{
    show->next = number;
    show->chained = number == 1; /* before record 1 the hash is zeros */
    memset(show->hash, 0, sizeof show->hash);
    show->kept_count = 0;
}

enum found {
    FINE,
    GAP, /* a later record than expected: were lines pruned, or taken away? */
    /* Not a canonical record, or it does not follow the one before: nothing after it is proved. */
    BROKEN,
    UNSHOWN, /* not shown: the output is closed */
    UNTOLD   /* the daemon does not tell why, which was complained about */
};

static enum found take_line(struct showing *show, struct span line)
{
    struct audit_record record;
    if (!audit_record_read(line, &record) || record.seq < show->next)
        return BROKEN;
    if (record.seq > show->next)
        return GAP;
    if (show->chained && !span_equal(SPAN_OF(record.previous), SPAN_OF(show->hash)))
        return BROKEN;
    show->next++;
    show->chained = true;
    if (sha256_of(line, show->hash))
        return BROKEN;
    if (!record_wanted(&show->wished->filter, &record))
        return FINE;
    return (show->last ? keep_line(show, line) : show_line(show, line)) ? FINE : UNSHOWN;
}

static int complain_of(enum found found, const struct showing *show)
{
    fflush(stdout);
    if (found == UNSHOWN || found == UNTOLD)
        return TOOL_FAILED;
    return tool_complain(TOOL_BROKEN_LOG,
                         "the log is altered at or before record %" PRIu64
                         ": a line is missing, changed, or not a record of this version",
                         show->next);
}

/* Where the records come from: a daemon, or a store at rest. */
struct show_source {
    struct admin_client client;
    struct store *store; /* NULL: a daemon */
    uint64_t size, pruned;
};

static void source_end(struct show_source *source)
{
    admin_close(&source->client);
    store_close(&source->store);
}

/* --- Through the daemon --- */

/* Asks for the log's size by status, which costs the card nothing. */
static bool ask_size(struct show_source *source)
{
    json_t *status = admin_ask(&source->client, json_pack("{s:s}", "request", "status"))
                         ? admin_answer(&source->client)
                         : NULL;
    const json_t *log = json_object_get(status, "log");
    int64_t size = value_number(log, "size"), pruned = value_number(log, "pruned");
    json_decref(status);
    source->size = (uint64_t)size;
    source->pruned = (uint64_t)pruned;
    if (status && (size <= 0 || pruned < 0 || pruned > size)) /* a log has a first record */
        return tool_complain(0, "the daemon's answer is not what this version understands");
    return status;
}

/* Explains a gap: if somebody acknowledged while we read, records that we have not reached were
 * pruned. */
static enum found explain_gap(struct showing *show, struct show_source *source)
{
    uint64_t due = show->next;
    if (!ask_size(source))
        return UNTOLD;
    if (source->pruned < due)
        return BROKEN;
    if (++show->gaps > GAPS_MAX) {
        tool_complain(0, "lines were acknowledged and let go each time that the log was read");
        return UNTOLD;
    }
    uint64_t count = show->kept_count;
    begin_at(show, source->pruned + 1);
    show->kept_count = count;
    fflush(stdout);
    tool_complain(0, "records %" PRIu64 " to %" PRIu64 " were acknowledged and pruned meanwhile",
                  due, source->pruned);
    return FINE;
}

/* At most so many lines, and without a gap as many. */
static int read_some(struct showing *show, struct show_source *source, uint64_t count)
{
    SCOPED(log_stream_end) struct log_stream stream;
    struct span line;
    enum found found = FINE;
    uint64_t begin = show->next;
    if (!log_stream_begin(&stream, &source->client, begin, count))
        return TOOL_FAILED;
    while (found == FINE && log_stream_next(&stream, &line))
        found = take_line(show, line);
    int status = log_stream_finish(&stream);
    if (status)
        return status;
    if (found == GAP || (found == FINE && show->next - begin < count))
        found = explain_gap(show, source);
    return found == FINE ? TOOL_DONE : complain_of(found, show);
}

/* Up to the end that the daemon told before: whatever it sends, and however the log grows, there is
 * an end to it. */
static int read_daemon(struct showing *show, struct show_source *source)
{
    const uint64_t last = source->size;
    int status = TOOL_DONE;
    show->gaps = 0;
    while (!status && show->next <= last) {
        uint64_t left = last - show->next + 1;
        status = read_some(show, source, left < A_REQUEST ? left : A_REQUEST);
    }
    return status;
}

static bool wait_for_more(const struct showing *show, struct show_source *source)
{
    static const struct timespec look_again = { .tv_nsec = 200 * 1000 * 1000 };
    do {
        nanosleep(&look_again, NULL);
        if (!ask_size(source))
            return false; /* the daemon is gone */
    } while (source->size < show->next);
    return true;
}

static int open_daemon(const struct showing *show, struct show_source *out)
{
    if (crypto_init())
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    bool open = admin_open(show->wished->place.daemon.socket, show->wished->place.daemon.name,
                           &out->client) &&
                ask_size(out);
    return open ? 0 : TOOL_FAILED;
}

/* --- From a store at rest --- */

struct reading {
    struct showing *show;
    enum found found;
};

static bool take_stored(void *context, uint64_t seq, struct span line)
{
    struct reading *reading = context;
    (void)seq;
    reading->found = take_line(reading->show, line);
    return reading->found == FINE;
}

static int read_store(struct showing *show, struct store *store)
{
    struct reading reading = { show, FINE };
    int r = audit_read(store, show->next, take_stored, &reading);
    if (reading.found != FINE)
        return complain_of(reading.found, show);
    if (r == FAULT_BROKEN)
        return complain_of(BROKEN, show);
    return r ? tool_complain(TOOL_FAILED, "the log cannot be read: %s", failure_last()->cause)
             : TOOL_DONE;
}

static int open_store(const struct showing *show, struct show_source *out)
{
    int status = tool_place_open(&show->wished->place.store, &out->store);
    if (status)
        return status;
    out->size = audit_head(out->store).size;
    out->pruned = audit_head(out->store).pruned;
    return 0;
}

/* --- Either --- */

static int read_on(struct showing *show, struct show_source *source)
{
    return source->store ? read_store(show, source->store) : read_daemon(show, source);
}

static uint64_t further_back(uint64_t count)
{
    return count < UINT64_MAX / FURTHER_BACK ? count * FURTHER_BACK : UINT64_MAX;
}

/* Reads from a place near the end, so that the length of the log does not matter: the first guess
 * is that every record is wanted, and it is moved back while too few are found. */
static int read_newest(struct showing *show, struct show_source *source)
{
    uint64_t first = show->next, begin;
    int status = TOOL_DONE;
    for (uint64_t count = show->last;; count = further_back(count)) {
        begin = source->size > count ? source->size - count + 1 : 1;
        begin_at(show, begin > first ? begin : first);
        status = read_on(show, source);
        if (status || begin <= first || show->kept_count >= show->last)
            break;
    }
    return status ? status : show_kept(show) ? TOOL_DONE : TOOL_FAILED;
}

static int read_first(struct showing *show, struct show_source *source)
{
    /* Lines that were pruned after an acknowledgement are no gap. */
    begin_at(show, show->wished->from > source->pruned ? show->wished->from : source->pruned + 1);
    return show->last ? read_newest(show, source) : read_on(show, source);
}

static int show_all(struct showing *show)
{
    SCOPED(source_end) struct show_source source = { 0 };
    bool at_rest = show->wished->place.store.folder;
    int status = at_rest ? open_store(show, &source) : open_daemon(show, &source);
    if (status)
        return status;
    print_head(show);
    status = read_first(show, &source);
    while (!status && show->wished->follow && !at_rest) {
        if (fflush(stdout) || !wait_for_more(show, &source))
            return TOOL_FAILED;
        status = read_on(show, &source);
    }
    return fflush(stdout) ? TOOL_FAILED : status;
}

/* --- Options --- */

const struct option_row log_show_rows[] = {
    { "from", "N", "begin with record N", INTO_COUNT(struct log_show_options, from) },
    { "last", "N", "only the newest N", INTO_COUNT(struct log_show_options, last) },
    { "action", "A", "only this action: its number, or its text (\"SO login\")",
      INTO_TEXT(struct log_show_options, action) },
    { "role", "nobody|user|officer|admin|system", "only of this role",
      INTO_CHOICE(struct log_show_options, role) },
    { "refused", NULL, "only commands that were refused (any answer but 9000)",
      INTO_FLAG(struct log_show_options, filter.refused) },
    { "exports", NULL, "only what took keys out: keys exported, and copies made of the store",
      INTO_FLAG(struct log_show_options, filter.exports) },
    { "logins", NULL, "only logins, of user, SO and custodians, refused ones as well",
      INTO_FLAG(struct log_show_options, filter.logins) },
    { "since", "T", "\"2026-11-24\", \"2026-11-24 10:30\", or seconds since 1970 (@N)",
      INTO(struct log_show_options, filter.since_ms, record_filter_time) },
    { "until", "T", "... and not after this",
      INTO(struct log_show_options, filter.until_ms, record_filter_time) },
    { "key", "HEX", "only of keys whose name begins with HEX",
      INTO(struct log_show_options, filter, record_filter_key) },
    { "follow", NULL, "go on printing new records, until interrupted or until the daemon ends",
      INTO_FLAG(struct log_show_options, follow) },
    { "ticks", "raw|continued",
      "show microseconds since power-on, or since the token was created, instead of local time",
      INTO_CHOICE(struct log_show_options, ticks) },
    { "json", NULL, "the canonical lines, byte for byte",
      INTO_FLAG(struct log_show_options, as_json) },
    OPTIONS_END,
};

static enum record_clock clock_of(const char *ticks)
{
    return !ticks ? RECORD_LOCAL : strcmp(ticks, "raw") == 0 ? RECORD_RAW : RECORD_CONTINUED;
}

static int refuse_action(const struct command_line *command, const char *typed)
{
    const char *actions[RECORD_ACTIONS_MAX + 1];
    record_filter_actions(actions);
    return usage_unknown(command, "--action ", typed, "no such action", actions);
}

static void end_show(struct showing *show)
{
    free(show->kept);
}

int log_show(struct command_line *command)
{
    struct log_show_options *options = command->options;
    SCOPED(end_show)
    struct showing showing = { .wished = options,
                               .last = options->last,
                               .clock = clock_of(options->ticks) };
    if (options->action && !record_filter_action(options->action, &options->filter))
        return refuse_action(command, options->action);
    if (options->role && !record_filter_role(options->role, &options->filter))
        return usage_wrong(command, "--role %s: no such role", options->role);
    if (options->last > LAST_MAX)
        return usage_wrong(command, "--last: at most %d records", LAST_MAX);
    if (!options->from)
        options->from = 1;
    if (options->last)
        showing.kept = calloc(options->last, sizeof *showing.kept);
    if (options->last && !showing.kept)
        return tool_complain(TOOL_FAILED, "there is no memory");
    options->place.daemon.name = command->operand[0];
    return show_all(&showing);
}
