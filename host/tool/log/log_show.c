/* glasshsm log show: the records of a token, through its daemon or from a store at rest. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/log/log_source.h"
#include "host/tool/log/log_stream.h"
#include "host/tool/log/log_verbs.h"
#include "host/tool/log/record_filter.h"
#include "host/tool/log/record_text.h"
#include "storage/audit.h"

#define LAST_MAX     100000
#define A_REQUEST    8192 /* lines asked of a daemon at a time */
#define FURTHER_BACK 16
#define GAPS_MAX     100 /* how often lines may be let go while we read */

struct kept_line {
    uint8_t bytes[AUDIT_LINE_MAX];
    size_t size;
};

struct log_options {
    struct log_place at;
    uint64_t from;
    struct record_filter filter;
    uint64_t last; /* show only so many lines, the newest; 0: all */
    enum record_clock clock;
    bool as_json, follow;
    /* While reading: */
    uint64_t next;             /* number of the line that is expected */
    bool chained;              /* `hash` is that of the line before, or there is none before */
    uint8_t hash[SHA256_SIZE]; /* of the line before */
    struct kept_line *kept;    /* a ring of `last` lines */
    uint64_t kept_count;       /* lines that were put into the ring, in all */
    unsigned gaps;             /* gaps that were explained */
};

static void print_head(const struct log_options *options)
{
    static const char *const clocks[] = { [RECORD_LOCAL] = "local time             ",
                                          [RECORD_RAW] = "us since power-on",
                                          [RECORD_CONTINUED] = "     us continued" };
    if (!options->as_json)
        text_print(stdout, "%6s  %s  %-24s  %-4s  %-7s  %s\n", "record", clocks[options->clock],
                   "action", "sw", "who", "object");
}

static bool show_line(const struct log_options *options, struct span line)
{
    struct audit_record record;
    if (options->as_json) {
        text_json_line(stdout, line);
        return !ferror(stdout);
    }
    if (!audit_record_read(line, &record))
        return false;
    record_print(&record, options->clock);
    return true;
}

/* --- The newest lines: kept until the end is known --- */

static bool keep_line(struct log_options *options, struct span line)
{
    struct kept_line *place = &options->kept[options->kept_count++ % options->last];
    place->size = line.size;
    return span_copy(line, place->bytes, line.size);
}

/* Shows the lines in the ring; after this, lines are shown as they come. */
static bool show_kept(struct log_options *options)
{
    uint64_t count = options->kept_count < options->last ? options->kept_count : options->last;
    bool good = true;
    for (uint64_t i = options->kept_count - count; good && i < options->kept_count; i++) {
        const struct kept_line *kept = &options->kept[i % options->last];
        good = show_line(options, span_of(kept->bytes, kept->size));
    }
    options->last = 0;
    return good;
}

/* --- One line after the other --- */

static void begin_at(struct log_options *options, uint64_t number)
{
    options->next = number;
    options->chained = number == 1; /* before record 1 the hash is zeros */
    memset(options->hash, 0, sizeof options->hash);
    options->kept_count = 0;
}

enum found {
    FINE,
    GAP, /* a later record than expected: were lines pruned, or taken away? */
    /* Not a canonical record, or it does not follow the one before: nothing after it is proved. */
    BROKEN,
    UNSHOWN, /* not shown: the output is closed */
    UNTOLD   /* the daemon does not tell why, which was complained about */
};

static enum found take_line(struct log_options *options, struct span line)
{
    struct audit_record record;
    if (!audit_record_read(line, &record) || record.seq < options->next)
        return BROKEN;
    if (record.seq > options->next)
        return GAP;
    if (options->chained && !span_equal(SPAN_OF(record.previous), SPAN_OF(options->hash)))
        return BROKEN;
    options->next++;
    options->chained = true;
    if (sha256_of(line, options->hash))
        return BROKEN;
    if (!record_wanted(&options->filter, &record))
        return FINE;
    return (options->last ? keep_line(options, line) : show_line(options, line)) ? FINE : UNSHOWN;
}

static int complain_of(enum found found, const struct log_options *options)
{
    fflush(stdout);
    if (found == UNSHOWN || found == UNTOLD)
        return TOOL_FAILED;
    return tool_complain(TOOL_BROKEN_LOG,
                         "the log is altered at or before record %" PRIu64
                         ": a line is missing, changed, or not a record of this version",
                         options->next);
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
    json_int_t size = json_integer_value(json_object_get(log, "size"));
    json_int_t pruned = json_integer_value(json_object_get(log, "pruned"));
    json_decref(status);
    source->size = (uint64_t)size;
    source->pruned = (uint64_t)pruned;
    if (status && (size <= 0 || pruned < 0 || pruned > size)) /* a log has a first record */
        return tool_complain(0, "the daemon's answer is not what this version understands");
    return status;
}

/* Explains a gap: if somebody acknowledged while we read, records that we have not reached were
 * pruned. */
static enum found explain_gap(struct log_options *options, struct show_source *source)
{
    uint64_t due = options->next;
    if (!ask_size(source))
        return UNTOLD;
    if (source->pruned < due)
        return BROKEN;
    if (++options->gaps > GAPS_MAX) {
        tool_complain(0, "lines were acknowledged and let go each time that the log was read");
        return UNTOLD;
    }
    uint64_t count = options->kept_count;
    begin_at(options, source->pruned + 1);
    options->kept_count = count;
    fflush(stdout);
    tool_complain(0, "records %" PRIu64 " to %" PRIu64 " were acknowledged and pruned meanwhile",
                  due, source->pruned);
    return FINE;
}

/* At most so many lines, and without a gap as many. */
static int read_some(struct log_options *options, struct show_source *source, uint64_t count)
{
    SCOPED(log_stream_end) struct log_stream stream;
    struct span line;
    enum found found = FINE;
    uint64_t begin = options->next;
    if (!log_stream_begin(&stream, &source->client, begin, count))
        return TOOL_FAILED;
    while (found == FINE && log_stream_next(&stream, &line))
        found = take_line(options, line);
    int status = log_stream_finish(&stream);
    if (status)
        return status;
    if (found == GAP || (found == FINE && options->next - begin < count))
        found = explain_gap(options, source);
    return found == FINE ? TOOL_DONE : complain_of(found, options);
}

/* Up to the end that the daemon told before: whatever it sends, and however the log grows, there is
 * an end to it. */
static int read_daemon(struct log_options *options, struct show_source *source)
{
    const uint64_t last = source->size;
    int status = TOOL_DONE;
    options->gaps = 0;
    while (!status && options->next <= last) {
        uint64_t left = last - options->next + 1;
        status = read_some(options, source, left < A_REQUEST ? left : A_REQUEST);
    }
    return status;
}

static bool wait_for_more(const struct log_options *options, struct show_source *source)
{
    static const struct timespec look_again = { .tv_nsec = 200 * 1000 * 1000 };
    do {
        nanosleep(&look_again, NULL);
        if (!ask_size(source))
            return false; /* the daemon is gone */
    } while (source->size < options->next);
    return true;
}

static int open_daemon(const struct log_options *options, struct show_source *out)
{
    if (crypto_init())
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    bool open = admin_open(options->at.socket, options->at.name, &out->client) && ask_size(out);
    return open ? 0 : TOOL_FAILED;
}

/* --- From a store at rest --- */

struct reading {
    struct log_options *options;
    enum found found;
};

static bool take_stored(void *context, uint64_t seq, struct span line)
{
    struct reading *reading = context;
    (void)seq;
    reading->found = take_line(reading->options, line);
    return reading->found == FINE;
}

static int read_store(struct log_options *options, struct store *store)
{
    struct reading reading = { options, FINE };
    int r = audit_read(store, options->next, take_stored, &reading);
    if (reading.found != FINE)
        return complain_of(reading.found, options);
    if (r == FAULT_BROKEN)
        return complain_of(BROKEN, options);
    return r ? tool_complain(TOOL_FAILED, "the log cannot be read: %s", failure_last()->cause)
             : TOOL_DONE;
}

static int open_store(const struct log_options *options, struct show_source *out)
{
    int status = tool_place_open(&options->at.store, &out->store);
    if (status)
        return status;
    out->size = audit_head(out->store).size;
    out->pruned = audit_head(out->store).pruned;
    return 0;
}

/* --- Either --- */

static int read_on(struct log_options *options, struct show_source *source)
{
    return source->store ? read_store(options, source->store) : read_daemon(options, source);
}

static uint64_t further_back(uint64_t count)
{
    return count < UINT64_MAX / FURTHER_BACK ? count * FURTHER_BACK : UINT64_MAX;
}

/* Reads from a place near the end, so that the length of the log does not matter: the first guess
 * is that every record is wanted, and it is moved back while too few are found. */
static int read_newest(struct log_options *options, struct show_source *source)
{
    uint64_t first = options->next, begin;
    int status = TOOL_DONE;
    for (uint64_t count = options->last;; count = further_back(count)) {
        begin = source->size > count ? source->size - count + 1 : 1;
        begin_at(options, begin > first ? begin : first);
        status = read_on(options, source);
        if (status || begin <= first || options->kept_count >= options->last)
            break;
    }
    return status ? status : show_kept(options) ? TOOL_DONE : TOOL_FAILED;
}

static int read_first(struct log_options *options, struct show_source *source)
{
    /* Lines that were pruned after an acknowledgement are no gap. */
    begin_at(options, options->from > source->pruned ? options->from : source->pruned + 1);
    return options->last ? read_newest(options, source) : read_on(options, source);
}

static int show(struct log_options *options)
{
    SCOPED(source_end) struct show_source source = { 0 };
    bool at_rest = options->at.store.folder;
    int status = at_rest ? open_store(options, &source) : open_daemon(options, &source);
    if (status)
        return status;
    print_head(options);
    status = read_first(options, &source);
    while (!status && options->follow && !at_rest) {
        if (fflush(stdout) || !wait_for_more(options, &source))
            return TOOL_FAILED;
        status = read_on(options, &source);
    }
    return fflush(stdout) ? TOOL_FAILED : status;
}

/* --- Options --- */

static const struct option long_options[] = {
    { "from", required_argument, NULL, 'f' },
    { "action", required_argument, NULL, 'A' },
    { "role", required_argument, NULL, 'R' },
    { "refused", no_argument, NULL, 'x' },
    { "since", required_argument, NULL, 'S' },
    { "until", required_argument, NULL, 'U' },
    { "key", required_argument, NULL, 'K' },
    { "last", required_argument, NULL, 'l' },
    { "follow", no_argument, NULL, 'F' },
    { "ticks", required_argument, NULL, 't' },
    { "json", no_argument, NULL, 'j' },
    LOG_PLACE_OPTIONS,
    { 0 },
};

static bool read_clock(const char *text, enum record_clock *out)
{
    bool raw = strcmp(text, "raw") == 0;
    *out = raw ? RECORD_RAW : RECORD_CONTINUED;
    return raw || strcmp(text, "continued") == 0;
}

static bool read_from(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text && !*end && *out;
}

static bool read_last(const char *text, struct log_options *options)
{
    if (!read_from(text, &options->last) || options->last > LAST_MAX)
        return false;
    free(options->kept);
    options->kept = calloc(options->last, sizeof *options->kept);
    return options->kept;
}

/* Takes an option about what to show, and how. */
static bool take_wish(int option, struct log_options *options)
{
    switch (option) {
    case 'A':
        return record_filter_action(optarg, &options->filter);
    case 'R':
        return record_filter_role(optarg, &options->filter);
    case 'S':
        return record_filter_time(optarg, &options->filter.since_ms);
    case 'U':
        return record_filter_time(optarg, &options->filter.until_ms);
    case 'K':
        return record_filter_key(optarg, &options->filter);
    case 'x':
        options->filter.refused = true;
        return true;
    case 'l':
        return read_last(optarg, options);
    case 'F':
        options->follow = true;
        return true;
    case 'f':
        return read_from(optarg, &options->from);
    case 't':
        return read_clock(optarg, &options->clock);
    case 'j':
        options->as_json = true;
        return true;
    default:
        return false;
    }
}

static void end_show(struct log_options *options)
{
    free(options->kept);
}

int log_show(int count, char **arguments)
{
    SCOPED(end_show) struct log_options options = { .from = 1 };
    for (int option; (option = getopt_long(count, arguments, "h", long_options, NULL)) != -1;) {
        if (option == 'h')
            return text_own(stdout, log_usage) ? TOOL_DONE : TOOL_FAILED;
        if (!take_wish(option, &options) && !log_place_take(option, optarg, &options.at))
            return tool_misused(log_usage);
    }
    if (count - optind > 1)
        return tool_misused(log_usage);
    options.at.name = arguments[optind];
    return show(&options);
}
