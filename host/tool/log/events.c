/* glasshsm events: follows a token's log and prints each event as it happens. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/log/record_text.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm events [OPTIONS] [NAME]\n"
    "\n"
    "  NAME           the token called so, or whose socket is /run/glasshsm/NAME.sock\n"
    "  --socket PATH  its admin socket; default $GLASSHSM_SOCKET\n"
    "  --from N       begin with record N; default: with what happens from now on\n"
    "  --json         the canonical lines of the log; and {\"reader\":\"attached\"|\"detached\"}\n"
    "\n"
    "Prints a line for every new record of the log, and when the reader comes or goes, until it\n"
    "is interrupted or the daemon ends.\n";

static const struct timespec look_again = { .tv_nsec = 200 * 1000 * 1000 };

struct following {
    struct admin_client client;
    json_int_t next; /* number of the next record; 0: after the last one there is */
    bool seen;       /* `attached` was read once */
    bool attached;
    bool as_json;
};

static void say_reader(struct following *f, bool attached)
{
    const char *what = attached ? "attached" : "detached";
    if (f->seen && f->attached != attached)
        text_print(stdout, f->as_json ? "{\"reader\":\"%s\"}\n" : "        reader %s\n", what);
    f->seen = true;
    f->attached = attached;
}

/* Asks for the status, which costs the card nothing, unlike reading the log. False when the daemon
 * is gone. */
static bool look(struct following *f, json_int_t *out_size)
{
    if (!admin_ask(&f->client, json_pack("{s:s}", "request", "status")))
        return false;
    json_t *status = admin_answer(&f->client);
    if (!status)
        return false;
    *out_size = json_integer_value(json_object_get(json_object_get(status, "log"), "size"));
    say_reader(f, json_is_true(json_object_get(status, "attached")));
    json_decref(status);
    return true;
}

static bool print_record(struct following *f, const json_t *line)
{
    struct audit_record record;
    struct span text = span_of(json_string_value(line), json_string_length(line));
    if (f->as_json) {
        text_json_line(stdout, text);
        return !ferror(stdout);
    }
    if (!audit_record_read(text, &record))
        return false;
    record_print(&record, RECORD_LOCAL);
    f->next = (json_int_t)record.seq + 1;
    return true;
}

/* Handles an object of the answer; returns whether more follow. */
static bool take(struct following *f, json_t *answer, bool *out_good)
{
    const json_t *line = json_object_get(answer, "line");
    bool more = json_is_string(line);
    *out_good = more ? print_record(f, line) : json_is_true(json_object_get(answer, "end"));
    if (*out_good && !more)
        f->next = json_integer_value(json_object_get(answer, "next"));
    json_decref(answer);
    return more && *out_good;
}

static bool print_new(struct following *f)
{
    bool good;
    if (!admin_ask(&f->client, json_pack("{s:s,s:I}", "request", "log", "from", f->next)))
        return false;
    while (take(f, admin_answer(&f->client), &good))
        ;
    return good;
}

static int follow(struct following *f)
{
    json_int_t size;
    while (look(f, &size)) {
        if (!f->next)
            f->next = size + 1;
        if (f->next <= size && !print_new(f))
            return TOOL_FAILED;
        if (fflush(stdout) != 0)
            return TOOL_FAILED;
        nanosleep(&look_again, NULL);
    }
    return TOOL_FAILED;
}

static const struct option options[] = {
    { "socket", required_argument, NULL, 's' },
    { "from", required_argument, NULL, 'f' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

static void end_following(struct following *f)
{
    admin_close(&f->client);
}

static bool read_from(const char *text, json_int_t *out)
{
    char *end;
    *out = strtoll(text, &end, 10);
    return *text && !*end && *out > 0;
}

int tool_events(int count, char **arguments)
{
    SCOPED(end_following) struct following f = { 0 };
    const char *socket = NULL;
    for (int option; (option = getopt_long(count, arguments, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return text_own(stdout, usage) ? TOOL_DONE : TOOL_FAILED;
        if (option == 's')
            socket = optarg;
        else if (option == 'j')
            f.as_json = true;
        else if (option != 'f' || !read_from(optarg, &f.next))
            return tool_misused(usage);
    }
    if (count - optind > 1)
        return tool_misused(usage);
    signal(SIGPIPE, SIG_IGN); /* report a closed daemon instead of ending by SIGPIPE */
    return admin_open(socket, arguments[optind], &f.client) ? follow(&f) : TOOL_FAILED;
}
