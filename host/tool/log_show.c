/* glasshsm log show: the records of a token, through its daemon or from a store at rest. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "host/tool/admin_client.h"
#include "host/tool/log_verbs.h"
#include "host/tool/place.h"
#include "host/tool/record_text.h"
#include "host/tool/tool.h"
#include "storage/audit.h"

struct log_options {
    const char *socket, *name;
    struct tool_place place;
    uint64_t from;
    enum record_clock clock;
    bool as_json;
    uint64_t pruned; /* the oldest lines that are gone by the owner's will */
    /* Of the line before, while reading: */
    uint64_t seq; /* 0: none yet */
    uint8_t hash[SHA256_SIZE];
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

static bool is_first(const struct log_options *options, const struct audit_record *record)
{
    uint64_t oldest = options->pruned + 1;
    uint64_t first = options->from > oldest ? options->from : oldest;
    return record->seq == first && (first > 1 || span_is_zero(SPAN_OF(record->previous)));
}

/* Each line follows the one before: by its number, and by the hash of that line. */
static bool follows(struct log_options *options, const struct audit_record *record,
                    struct span line)
{
    bool good = options->seq ? record->seq == options->seq + 1 &&
                                   span_equal(SPAN_OF(record->previous), SPAN_OF(options->hash))
                             : is_first(options, record);
    options->seq = record->seq;
    return good && sha256_of(line, options->hash) == 0;
}

/* False when the line is not a canonical record, or the chain is broken before it: what follows
 * vouches for nothing. */
static bool print_line(struct log_options *options, struct span line)
{
    struct audit_record record;
    if (!audit_record_read(line, &record) || !follows(options, &record, line))
        return false;
    if (options->as_json)
        return fwrite(line.at, 1, line.size, stdout) == line.size && putchar('\n') != EOF;
    record_print(&record, options->clock);
    return true;
}

static int complain_of_chain(const struct log_options *options)
{
    fflush(stdout);
    return tool_complain(TOOL_BROKEN_LOG,
                         "the log is altered at or before record %" PRIu64
                         ": a line is missing, changed, or not a record of this version",
                         options->seq);
}

/* --- Through the daemon --- */

static bool ask_pruned(struct admin_client *client, uint64_t *out)
{
    if (!admin_ask(client, json_pack("{s:s}", "request", "status")))
        return false;
    json_t *status = admin_answer(client);
    const json_t *log = json_object_get(status, "log");
    *out = (uint64_t)json_integer_value(json_object_get(log, "pruned"));
    json_decref(status);
    return log != NULL;
}

static int show_from_daemon(struct log_options *options)
{
    SCOPED(admin_close) struct admin_client client = { 0 };
    if (crypto_init())
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    if (!admin_open(options->socket, options->name, &client) ||
        !ask_pruned(&client, &options->pruned) ||
        !admin_ask(&client,
                   json_pack("{s:s,s:I}", "request", "log", "from", (json_int_t)options->from)))
        return TOOL_FAILED;
    print_head(options);
    for (;;) {
        json_t *answer = admin_answer(&client);
        const json_t *line = json_object_get(answer, "line");
        bool more = json_is_string(line);
        bool good =
            more ? print_line(options, span_of(json_string_value(line), json_string_length(line)))
                 : json_is_true(json_object_get(answer, "end"));
        json_decref(answer);
        if (!good)
            return answer ? complain_of_chain(options) : TOOL_FAILED;
        if (!more)
            return TOOL_DONE;
    }
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
    int status = tool_place_open(&options->place, &store);
    if (status)
        return status;
    options->pruned = audit_head(store).pruned;
    print_head(options);
    if (audit_read(store, options->from, take_line, &reading))
        return tool_complain(TOOL_FAILED, "the log cannot be read: %s", failure_last()->cause);
    return reading.good ? TOOL_DONE : complain_of_chain(options);
}

/* --- Options --- */

static const struct option long_options[] = {
    { "socket", required_argument, NULL, 's' },
    { "store", required_argument, NULL, 'd' },
    { "passphrase-file", required_argument, NULL, 'p' },
    { "key-file", required_argument, NULL, 'k' },
    { "anchor", required_argument, NULL, 'a' },
    { "from", required_argument, NULL, 'f' },
    { "ticks", required_argument, NULL, 't' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
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

static bool take_option(int option, struct log_options *options)
{
    switch (option) {
    case 's':
        options->socket = optarg;
        return true;
    case 'd':
        options->place.folder = optarg;
        return true;
    case 'p':
        options->place.passphrase_file = optarg;
        return true;
    case 'k':
        options->place.key_file = optarg;
        return true;
    case 'a':
        options->place.anchor = optarg;
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

int log_show(int count, char **arguments)
{
    struct log_options options = { .from = 1 };
    for (int option; (option = getopt_long(count, arguments, "h", long_options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(log_usage, stdout) < 0 ? TOOL_FAILED : TOOL_DONE;
        if (!take_option(option, &options))
            return tool_misused(log_usage);
    }
    if (count - optind > 1)
        return tool_misused(log_usage);
    options.name = arguments[optind];
    return options.place.folder ? show_from_store(&options) : show_from_daemon(&options);
}
