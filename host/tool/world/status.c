/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm status: what a token's daemon is doing. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "host/tool/card/visit.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/value.h"
#include "host/tool/tool.h"

struct status_options {
    struct admin_place place;
    bool as_json;
};

static const char *text_of(const json_t *object, const char *key)
{
    return value_text(object, key, "?");
}

static void print_since(int64_t since_ms)
{
    char text[40];
    time_t since = (time_t)(since_ms / 1000);
    struct tm local;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", localtime_r(&since, &local));
    text_print(stdout, "running since %s\n", text);
}

static void print_command(const json_t *command)
{
    if (json_is_object(command))
        text_print(stdout, "command       %s, for %" PRId64 " ms\n", text_of(command, "name"),
                   value_number(command, "running_ms"));
    else
        text_own(stdout, "command       none\n");
}

static void print_store(const json_t *store)
{
    text_print(
        stdout,
        "store         %s, %" PRId64 " objects, %" PRId64 " commits, power-on %" PRId64 "%s\n",
        value_flag(store, "ephemeral") ? "in memory" : "on disk", value_number(store, "objects"),
        value_number(store, "generation"), value_number(store, "boot"),
        value_flag(store, "usable") ? "" : "; UNUSABLE after a failed write");
}

static void print_capacity(int64_t bytes)
{
    if (bytes)
        text_print(stdout, "capacity      %" PRId64 " bytes for keys and files\n", bytes);
    else
        text_own(stdout, "capacity      unlimited\n");
}

static void print_dkek(const json_t *dkek)
{
    if (json_is_object(dkek))
        text_print(stdout,
                   "DKEK          shares %" PRId64 ", missing %" PRId64
                   ", imported without login %" PRId64 "\n",
                   value_number(dkek, "shares"), value_number(dkek, "missing"),
                   value_number(dkek, "without_login"));
}

static void print_status(const json_t *status)
{
    const json_t *log = json_object_get(status, "log");
    text_print(stdout, "token         %s, glasshsmd %s, process %" PRId64 "\n",
               text_of(status, "name"), text_of(status, "version"), value_number(status, "pid"));
    text_print(stdout, "serial        %s\n", text_of(status, "serial"));
    text_print(stdout, "extensions    %s\n", value_flag(status, "strict") ? "none: strict" : "on");
    print_dkek(json_object_get(status, "dkek"));
    print_since(value_number(status, "since_ms"));
    text_print(stdout, "reader        port %" PRId64 ", %s\n", value_number(status, "port"),
               value_flag(status, "attached")
                   ? "attached"
                   : "not attached: no pcscd listens there, or another card is in its slot");
    print_command(json_object_get(status, "command"));
    print_store(json_object_get(status, "store"));
    print_capacity(value_number(status, "capacity"));
    text_print(stdout, "log           %" PRId64 " records, root %s\n", value_number(log, "size"),
               text_of(log, "root"));
    text_print(stdout, "anchor        %s\n", text_of(status, "anchor"));
    text_print(stdout, "memory        %s%s\n",
               value_flag(status, "memory_locked") ? "locked" : "of the process not locked",
               value_flag(status, "secrets_locked")
                   ? "; secrets locked"
                   : "; SECRETS NOT LOCKED: raise the limit (ulimit -l)");
    text_print(stdout, "sandbox       system calls %s, files %s\n",
               value_flag(status, "filter") ? "filtered" : "NOT FILTERED",
               value_flag(status, "files") ? "confined"
                                           : "not confined (no Landlock, or sandbox.files = no)");
}

static int print(const json_t *status, bool as_json)
{
    const json_t *visit = json_object_get(status, "last_visit");
    if (as_json)
        return text_json(stdout, status);
    print_status(status);
    if (visit)
        visit_print(stdout, visit);
    return TOOL_DONE;
}

static int run(struct command_line *command)
{
    struct status_options *options = command->options;
    options->place.name = command->operand[0];
    json_t *status = admin_question(&options->place, json_pack("{s:s}", "request", "status"));
    if (!status)
        return TOOL_FAILED;
    /* The visit is left out when the card is busy, because status answers at once. */
    json_t *visit = visit_ask(options->place.socket, options->place.name);
    if (visit)
        json_object_set_new(status, "last_visit", visit);
    int exit_status = print(status, options->as_json);
    json_decref(status);
    return exit_status;
}

static const struct option_row rows[] = {
    { "json", NULL, "the daemon's answer, and what happened since the last visit",
      INTO_FLAG(struct status_options, as_json) },
    OPTIONS_END,
};

static const struct verb verb = {
    .operands = "[NAME]",
    .most = 1,
    .help =
        "Shows what the daemon of a token is doing: of the token called NAME, or whose socket is "
        "/run/glasshsm/NAME.sock. The last line tells what happened since the last user login, "
        "unless the card is busy.",
    .size = sizeof(struct status_options),
    .options = { { admin_rows, offsetof(struct status_options, place) }, { rows, 0 } },
    .run = run,
};
const struct family status_family = { "status", "show what a token's daemon is doing", NULL, &verb,
                                      1 };
