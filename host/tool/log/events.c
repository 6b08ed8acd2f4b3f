/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm events: follows a token's log and prints each event as it happens. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/value.h"
#include "host/tool/log/record_text.h"
#include "host/tool/tool.h"

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
    if (f->seen && f->attached != attached && f->as_json)
        value_print(json_pack("{s:s}", "reader", what));
    else if (f->seen && f->attached != attached)
        text_print(stdout, "        reader %s\n", what);
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
    *out_size = value_number(json_object_get(status, "log"), "size");
    say_reader(f, value_flag(status, "attached"));
    json_decref(status);
    return true;
}

static bool print_record(struct following *f, const json_t *line)
{
    struct audit_record record;
    struct span text = value_span(line);
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
    *out_good = more ? print_record(f, line) : value_flag(answer, "end");
    if (*out_good && !more)
        f->next = value_number(answer, "next");
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

static void end_following(struct following *f)
{
    admin_close(&f->client);
}

struct events_options {
    struct admin_place place;
    uint64_t from;
    bool as_json;
};

static int run(struct command_line *command)
{
    const struct events_options *options = command->options;
    SCOPED(end_following)
    struct following f = { .next = (json_int_t)options->from, .as_json = options->as_json };
    signal(SIGPIPE, SIG_IGN); /* report a closed daemon instead of ending by SIGPIPE */
    bool open = admin_open(options->place.socket, command->operand[0], &f.client);
    return open ? follow(&f) : TOOL_FAILED;
}

static const struct option_row rows[] = {
    { "from", "N", "begin with record N; default: with what happens from now on",
      INTO_COUNT(struct events_options, from) },
    { "json", NULL, "the canonical lines of the log; and {\"reader\":\"attached\"|\"detached\"}",
      INTO_FLAG(struct events_options, as_json) },
    OPTIONS_END,
};

static const struct verb verb = {
    .operands = "[NAME]",
    .most = 1,
    .help =
        "Prints a line for every new record of the log, and when the reader comes or goes, until "
        "it is interrupted or the daemon ends. NAME is the token called so, or whose socket is "
        "/run/glasshsm/NAME.sock.",
    .size = sizeof(struct events_options),
    .options = { { admin_rows, offsetof(struct events_options, place) }, { rows, 0 } },
    .run = run,
};
const struct family events_family = { "events", "follow the log of a token", NULL, &verb, 1 };
