/* glasshsm status: what a token's daemon is doing. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "host/tool/card/visit.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm status [OPTIONS] [NAME]\n"
    "\n"
    "  NAME           the token called so, or whose socket is /run/glasshsm/NAME.sock\n"
    "  --socket PATH  its admin socket; default $GLASSHSM_SOCKET\n"
    "  --json         the daemon's answer, and what happened since the last visit\n"
    "\n"
    "The last line tells what happened since the last user login, unless the card is busy.\n";

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "?";
}

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
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
                   number_of(command, "running_ms"));
    else
        text_own(stdout, "command       none\n");
}

static void print_store(const json_t *store)
{
    text_print(stdout,
               "store         %s, %" PRId64 " objects, %" PRId64 " commits, power-on %" PRId64
               "%s\n",
               is_true(store, "ephemeral") ? "in memory" : "on disk", number_of(store, "objects"),
               number_of(store, "generation"), number_of(store, "boot"),
               is_true(store, "usable") ? "" : "; UNUSABLE after a failed write");
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
                   number_of(dkek, "shares"), number_of(dkek, "missing"),
                   number_of(dkek, "without_login"));
}

static void print_status(const json_t *status)
{
    const json_t *log = json_object_get(status, "log");
    text_print(stdout, "token         %s, glasshsmd %s, process %" PRId64 "\n",
               text_of(status, "name"), text_of(status, "version"), number_of(status, "pid"));
    text_print(stdout, "serial        %s\n", text_of(status, "serial"));
    text_print(stdout, "extensions    %s\n", is_true(status, "strict") ? "none: strict" : "on");
    print_dkek(json_object_get(status, "dkek"));
    print_since(number_of(status, "since_ms"));
    text_print(stdout, "reader        port %" PRId64 ", %s\n", number_of(status, "port"),
               is_true(status, "attached")
                   ? "attached"
                   : "not attached: no pcscd listens there, or another card is in its slot");
    print_command(json_object_get(status, "command"));
    print_store(json_object_get(status, "store"));
    print_capacity(number_of(status, "capacity"));
    text_print(stdout, "log           %" PRId64 " records, root %s\n", number_of(log, "size"),
               text_of(log, "root"));
    text_print(stdout, "anchor        %s\n", text_of(status, "anchor"));
    text_print(stdout, "memory        %s%s\n",
               is_true(status, "memory_locked") ? "locked" : "of the process not locked",
               is_true(status, "secrets_locked")
                   ? "; secrets locked"
                   : "; SECRETS NOT LOCKED: raise the limit (ulimit -l)");
    text_print(stdout, "sandbox       system calls %s, files %s\n",
               is_true(status, "filter") ? "filtered" : "NOT FILTERED",
               is_true(status, "files") ? "confined"
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

int tool_status(int count, char **arguments)
{
    struct admin_question question = { .usage = usage, .request = "status" };
    json_t *status;
    int exit_status = admin_question(count, arguments, &question, &status);
    if (!status)
        return exit_status;
    /* The visit is left out when the card is busy, because status answers at once. */
    json_t *visit = visit_ask(question.socket, question.name);
    if (visit)
        json_object_set_new(status, "last_visit", visit);
    exit_status = print(status, question.as_json);
    json_decref(status);
    return exit_status;
}
