/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm token list: the tokens in this pcscd's readers, and the daemons of private worlds and
 * services, which may be in readers of another pcscd. */
#include "host/tool/card/token_list.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "formats/sw.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/admin_sockets.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"

enum {
    TOKENS_MAX = 64,   /* that are shown */
    FACE_MS = 1000,    /* for a token to tell who it is; it may be busy for minutes */
    DAEMONS_MS = 2000, /* for all daemons together */
};

struct seen {
    struct token_face face;
    char reader[READER_NAME_SIZE]; /* "": of another pcscd, or of none */
    char socket[128];              /* "": no daemon of ours */
    char state[80];
    int pid; /* of the daemon; 0: not known */
};

struct list {
    const struct reader_service *service;
    unsigned count;
    struct seen at[TOKENS_MAX];
};

/* --- In readers --- */

/* Asks in a process of its own, because nobody can stop waiting for a card that is held. */
_Noreturn static void ask_in_child(const char *reader, int told)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    struct token_face face;
    bool read = !reader_service_open(&service) && !token_face_of(&service, reader, &face);
    _exit(read && write(told, &face, sizeof face) == sizeof face ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool ask_face(const char *reader, struct token_face *out)
{
    int line[2];
    if (pipe(line) < 0)
        return false;
    pid_t child = fork();
    if (child == 0)
        ask_in_child(reader, line[1]);
    close(line[1]);
    struct pollfd answered = { .fd = line[0], .events = POLLIN };
    /* It comes whole: a pipe takes so few bytes at once. */
    bool got = child > 0 && poll(&answered, 1, FACE_MS) > 0 &&
               read(line[0], out, sizeof *out) == sizeof *out;
    close(line[0]);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    return got;
}

static const char *state_of(const struct token_face *face)
{
    return face->user_pin == STATUS_NOT_FOUND ? "not initialised"
           : face->user_pin == STATUS_BLOCKED ? "user PIN blocked"
                                              : "ready";
}

static void consider_reader(void *context, const char *name)
{
    struct list *list = context;
    struct seen *seen = &list->at[list->count];
    uint8_t bytes[64];
    struct writer atr = WRITER_OF(bytes);
    if (list->count == TOKENS_MAX || reader_atr(list->service, name, &atr) ||
        !client_is_family(written(&atr)))
        return;
    snprintf(seen->reader, sizeof seen->reader, "%s", name);
    bool asked = ask_face(name, &seen->face);
    snprintf(seen->state, sizeof seen->state, "%s", asked ? state_of(&seen->face) : "busy");
    list->count++;
}

static void list_readers(struct list *list)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    list->service = &service;
    if (!reader_service_open(&service) && reader_each(&service, consider_reader, list) < 0)
        tool_complain(0, "listing the readers: %s", failure_last()->cause);
    failure_clear();
}

/* --- By their daemons --- */

/* A socket may be found twice. The number of a process alone tells little: each world counts its
 * own. */
static bool is_listed(const struct list *list, int pid, const char *serial)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->at[i].pid == pid && strcmp(list->at[i].face.serial, serial) == 0)
            return true;
    return false;
}

/* The token in a reader that has this serial number and no daemon yet; else a new row. */
static struct seen *row_of(struct list *list, const char *serial)
{
    for (unsigned i = 0; i < list->count; i++)
        if (!list->at[i].pid && strcmp(list->at[i].face.serial, serial) == 0)
            return &list->at[i];
    return list->count < TOKENS_MAX ? &list->at[list->count++] : NULL;
}

static void take_status(struct list *list, const char *path, const json_t *status)
{
    int pid = (int)value_number(status, "pid");
    const char *serial = value_text(status, "serial", "");
    const char *busy = value_text(json_object_get(status, "command"), "name", NULL);
    struct seen *seen = is_listed(list, pid, serial) ? NULL : row_of(list, serial);
    if (!seen)
        return;
    seen->pid = pid;
    snprintf(seen->socket, sizeof seen->socket, "%s", path);
    snprintf(seen->face.serial, sizeof seen->face.serial, "%s", serial);
    if (busy)
        snprintf(seen->state, sizeof seen->state, "busy: %s", busy);
    else if (!*seen->state)
        snprintf(seen->state, sizeof seen->state, "%s",
                 value_flag(status, "attached") ? "in another pcscd" : "not attached");
}

static void ask_daemon(struct list *list, const char *path)
{
    SCOPED(admin_close) struct admin_client client = { .quiet = true };
    json_t *status = NULL;
    if (admin_open(path, NULL, &client) &&
        admin_ask(&client, json_pack("{s:s}", "request", "status")))
        status = admin_answer(&client);
    if (status)
        take_status(list, path, status);
    json_decref(status);
}

static void list_daemons(struct list *list)
{
    SCOPED(globfree) glob_t found = { 0 };
    uint64_t deadline = now_us() + DAEMONS_MS * 1000;
    admin_sockets_find(&found);
    admin_sockets_find_worlds(&found);
    for (size_t i = 0; i < found.gl_pathc && now_us() < deadline; i++)
        ask_daemon(list, found.gl_pathv[i]);
}

/* --- Printing --- */

static json_t *text_or_null(const char *text)
{
    return *text ? text_value(span_of_text(text)) : json_null();
}

static json_t *list_object(const struct list *list)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < list->count; i++) {
        const struct seen *seen = &list->at[i];
        json_array_append_new(
            array,
            json_pack("{s:o,s:o,s:o,s:o,s:o}", "label", text_or_null(seen->face.label), "serial",
                      text_or_null(seen->face.serial), "reader", text_or_null(seen->reader),
                      "state", text_or_null(seen->state), "socket", text_or_null(seen->socket)));
    }
    return array;
}

static const char *or_dash(const char *text)
{
    return *text ? text : "-";
}

static void print_row(const char *label, const char *serial, const char *reader, const char *state,
                      const char *socket)
{
    text_print(stdout, "%-20s  %-16s  %-16s  %-16s  %s\n", label, serial, reader, state, socket);
}

static void print_list(const struct list *list)
{
    if (!list->count)
        text_own(stderr, "no token can be seen from here: `glasshsm run -- COMMAND` makes one\n");
    else
        print_row("label", "serial", "reader", "state", "socket");
    for (unsigned i = 0; i < list->count; i++) {
        const struct seen *seen = &list->at[i];
        print_row(or_dash(seen->face.label), or_dash(seen->face.serial), or_dash(seen->reader),
                  or_dash(seen->state), or_dash(seen->socket));
    }
}

int token_list_ask(const struct card_call *call)
{
    if (!call->within)
        return NEED_NO_CARD;
    usage_wrong(call->command, "it is no action: it looks at all tokens");
    return -1;
}

int token_list(struct card_call *call)
{
    struct list list = { 0 };
    list_readers(&list);
    list_daemons(&list);
    if (call->options->as_json)
        return value_print(list_object(&list));
    print_list(&list);
    return TOOL_DONE;
}
