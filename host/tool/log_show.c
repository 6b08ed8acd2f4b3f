/* glasshsm log show: the records of a token, through its daemon or from a store at rest. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "host/tool/log_source.h"
#include "host/tool/log_verbs.h"
#include "host/tool/record_filter.h"
#include "host/tool/record_text.h"
#include "host/tool/tool.h"
#include "storage/audit.h"

#define LAST_MAX 100000

struct kept_line {
    uint8_t bytes[AUDIT_LINE_MAX];
    size_t size;
};

struct log_options {
    struct log_place at;
    uint64_t from;
    struct record_filter filter;
    uint64_t last; /* show that many at most, the newest; 0: all */
    enum record_clock clock;
    bool as_json, follow;
    /* Of the line before, while reading: */
    uint64_t seq; /* 0: none yet */
    uint8_t hash[SHA256_SIZE];
    struct kept_line *kept; /* a ring of `last` lines */
    uint64_t kept_count;    /* ever */
};

static void print_head(const struct log_options *options)
{
    static const char *const clocks[] = { [RECORD_LOCAL] = "local time             ",
                                          [RECORD_RAW] = "us since power-on",
                                          [RECORD_CONTINUED] = "     us continued" };
    if (!options->as_json)
        printf("%6s  %s  %-24s  %-4s  %-7s  %s\n", "record", clocks[options->clock], "action", "sw",
               "who", "object");
}

/* Each line follows the one before: by its number, and by the hash of that line. */
static bool follows(struct log_options *options, const struct audit_record *record,
                    struct span line)
{
    bool first = options->seq == 0;
    bool good = first ? record->seq >= options->from
                      : record->seq == options->seq + 1 &&
                            span_equal(SPAN_OF(record->previous), SPAN_OF(options->hash));
    if (first && options->from == 1)
        good = record->seq == 1 && span_is_zero(SPAN_OF(record->previous));
    options->seq = record->seq;
    return good && sha256_of(line, options->hash) == 0;
}

static bool show_line(const struct log_options *options, struct span line)
{
    struct audit_record record;
    if (options->as_json)
        return fwrite(line.at, 1, line.size, stdout) == line.size && putchar('\n') != EOF;
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

/* From then on, lines are shown as they come. */
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

/* False when the line is not a canonical record, or the chain is broken before it: what follows
 * vouches for nothing. */
static bool print_line(struct log_options *options, struct span line)
{
    struct audit_record record;
    if (!audit_record_read(line, &record) || !follows(options, &record, line))
        return false;
    if (!record_wanted(&options->filter, &record))
        return true;
    return options->last ? keep_line(options, line) : show_line(options, line);
}

static int complain_of_chain(const struct log_options *options)
{
    fflush(stdout);
    return tool_complain(TOOL_BROKEN_LOG,
                         "the log is altered at or before record %" PRIu64
                         ": a line is missing, changed, or not a record of this version",
                         options->seq);
}

/* Lines that were acknowledged and let go are no gap. */
static void skip_pruned(struct log_options *options, uint64_t pruned)
{
    if (options->from <= pruned)
        options->from = pruned + 1;
}

/* --- Through the daemon --- */

/* Takes an object of the answer: whether more follow. */
static bool take_answer(struct log_options *options, json_t *answer, int *out_status)
{
    const json_t *line = json_object_get(answer, "line");
    bool more = json_is_string(line);
    bool good =
        more ? print_line(options, span_of(json_string_value(line), json_string_length(line)))
             : json_is_true(json_object_get(answer, "end"));
    json_decref(answer);
    *out_status = good ? TOOL_DONE : answer ? complain_of_chain(options) : TOOL_FAILED;
    return good && more;
}

static int show_new(struct log_options *options, struct admin_client *client)
{
    uint64_t from = options->seq ? options->seq + 1 : options->from;
    int status;
    if (!admin_ask(client, json_pack("{s:s,s:I}", "request", "log", "from", (json_int_t)from)))
        return TOOL_FAILED;
    while (take_answer(options, admin_answer(client), &status))
        ;
    if (!status && options->last && !show_kept(options))
        return TOOL_FAILED;
    return fflush(stdout) ? TOOL_FAILED : status;
}

/* Costs the card nothing, unlike reading the log. False when the daemon is gone. */
static bool wait_for_more(const struct log_options *options, struct admin_client *client)
{
    static const struct timespec look_again = { .tv_nsec = 200 * 1000 * 1000 };
    for (json_int_t size = 0; (uint64_t)size <= options->seq;) {
        nanosleep(&look_again, NULL);
        json_t *status = admin_ask(client, json_pack("{s:s}", "request", "status"))
                             ? admin_answer(client)
                             : NULL;
        if (!status)
            return false;
        size = json_integer_value(json_object_get(json_object_get(status, "log"), "size"));
        json_decref(status);
    }
    return true;
}

static void ask_what_is_pruned(struct log_options *options, struct admin_client *client)
{
    json_t *status =
        admin_ask(client, json_pack("{s:s}", "request", "status")) ? admin_answer(client) : NULL;
    const json_t *pruned = json_object_get(json_object_get(status, "log"), "pruned");
    skip_pruned(options, (uint64_t)json_integer_value(pruned));
    json_decref(status);
}

static int show_from_daemon(struct log_options *options)
{
    SCOPED(admin_close) struct admin_client client = { 0 };
    if (crypto_init())
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    if (!admin_open(options->at.socket, options->at.name, &client))
        return TOOL_FAILED;
    ask_what_is_pruned(options, &client);
    print_head(options);
    int status = show_new(options, &client);
    while (!status && options->follow && wait_for_more(options, &client))
        status = show_new(options, &client);
    return status;
}

/* --- From a store at rest --- */

struct reading {
    struct log_options *options;
    bool good;
};

static bool take_line(void *context, uint64_t seq, struct span line)
{
    struct reading *reading = context;
    (void)seq;
    reading->good = print_line(reading->options, line);
    return reading->good;
}

static int show_from_store(struct log_options *options)
{
    SCOPED(store_close) struct store *store = NULL;
    struct reading reading = { options, true };
    int status = tool_place_open(&options->at.store, &store);
    if (status)
        return status;
    skip_pruned(options, audit_head(store).pruned);
    print_head(options);
    if (audit_read(store, options->from, take_line, &reading))
        return tool_complain(TOOL_FAILED, "the log cannot be read: %s", failure_last()->cause);
    if (reading.good && options->last && !show_kept(options))
        return TOOL_FAILED;
    return reading.good ? TOOL_DONE : complain_of_chain(options);
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

/* What to show, and how. */
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
            return fputs(log_usage, stdout) < 0 ? TOOL_FAILED : TOOL_DONE;
        if (!take_wish(option, &options) && !log_place_take(option, optarg, &options.at))
            return tool_misused(log_usage);
    }
    if (count - optind > 1)
        return tool_misused(log_usage);
    options.at.name = arguments[optind];
    return options.at.store.folder ? show_from_store(&options) : show_from_daemon(&options);
}
