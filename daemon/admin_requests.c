/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/admin_requests.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log_orders.h"
#include "daemon/store_orders.h"
#include "daemon/trust_orders.h"

static void answer_end(struct admin_peer *peer);

static void request_status(struct admin_peer *peer, const json_t *request)
{
    (void)request;
    admin_answer(peer, peer->owner->status(peer->owner->context));
}

static void request_cancel(struct admin_peer *peer, const json_t *request)
{
    (void)request;
    const struct admin_owner *owner = peer->owner;
    struct token_cancelled told = owner->cancel(owner->context, peer->uid);
    admin_answer(peer,
                 json_pack("{s:b,s:s?}", "cancelled", told.stopping, "command", told.command));
}

/* A non-negative number, or the fallback when it is absent. */
static bool number_of(const json_t *request, const char *key, uint64_t fallback, uint64_t *out)
{
    const json_t *value = json_object_get(request, key);
    *out = value ? (uint64_t)json_integer_value(value) : fallback;
    return !value || (json_is_integer(value) && json_integer_value(value) >= 0);
}

static void request_log(struct admin_peer *peer, const json_t *request)
{
    uint64_t from, count;
    if (!number_of(request, "from", 1, &from) || !number_of(request, "count", UINT64_MAX, &count)) {
        admin_answer_error(peer, "from and count are numbers");
        return;
    }
    peer->log_next = from;
    peer->log_lines = count;
    peer->log_plain = json_is_true(json_object_get(request, "plain"));
    if (count == 0)
        answer_end(peer);
}

/* A request is served here, or by an errand in the card thread. */
static const struct {
    const char *name;
    void (*serve)(struct admin_peer *peer, const json_t *request);
    errand_run *run;
    bool reads_log;
    bool brief; /* answered at once, whatever the card does */
} requests[] = {
    { "status", request_status, .brief = true },
    { "log", request_log },
    { "cancel", request_cancel, .brief = true },
    { "checkpoint", NULL, order_checkpoint, true },
    { "visit", NULL, order_visit },
    { "consistency", NULL, order_consistency },
    { "acknowledge", NULL, order_acknowledge },
    { "note", NULL, order_note },
    { "policy", NULL, order_policy },
    { "snapshot", NULL, order_snapshot },
    { "roots", NULL, order_roots },
    { "trust", NULL, order_trust },
    { "distrust", NULL, order_distrust },
};

/* --- The log, a page at a time, each asked for when the one before has been sent --- */

static void answer_end(struct admin_peer *peer)
{
    peer->log_lines = 0;
    admin_answer(peer, json_pack("{s:b,s:I}", "end", 1, "next", (json_int_t)peer->log_next));
}

static void answer_record(struct admin_peer *peer, uint64_t seq, struct span line)
{
    if (peer->log_plain) {
        admin_append(peer, (const char *)line.at, line.size);
        admin_append(peer, "\n", 1);
    } else {
        admin_answer(peer, json_pack("{s:I,s:s%}", "seq", (json_int_t)seq, "line",
                                     (const char *)line.at, line.size));
    }
}

static void answer_unreadable(struct admin_peer *peer, int result)
{
    bool altered = result == FAULT_BROKEN;
    const char *what = altered ? "the log is altered; the daemon's own log tells more"
                               : "the log cannot be read; the daemon's own log tells why";
    admin_answer(peer, json_pack("{s:s,s:b}", "error", what, "altered", altered));
}

static void answer_page(struct admin_peer *peer, const struct log_page *page)
{
    for (unsigned i = 0; i < page->lines && peer->fd >= 0; i++) {
        answer_record(peer, page->seq[i], page->line[i]);
        peer->log_next = page->seq[i] + 1;
    }
    peer->log_lines -= page->lines;
    if (page->result) {
        peer->log_lines = 0;
        answer_unreadable(peer, page->result);
    } else if (page->lines < page->count || !peer->log_lines) {
        answer_end(peer);
    }
}

static void page_done(void *context, struct log_page *page)
{
    struct admin_peer *peer = context;
    peer->page = NULL;
    peer->closing = false;
    if (peer->fd >= 0)
        answer_page(peer, page);
    free(page);
    admin_advance(peer);
}

static void read_page(struct admin_peer *peer)
{
    struct log_page *page = malloc(sizeof *page);
    if (!page) {
        admin_drop(peer);
        return;
    }
    page->from = peer->log_next;
    page->count = peer->log_lines < LOG_PAGE_LINES ? (unsigned)peer->log_lines : LOG_PAGE_LINES;
    page->done = page_done;
    page->context = peer;
    page->first = !peer->reads_log;
    page->uid = peer->uid;
    peer->reads_log = true;
    peer->page = page;
    peer->deadline = LOOP_NEVER;
    peer->owner->read_log(peer->owner->context, page);
}

/* --- Errands --- */

static void errand_done(void *context, struct errand *errand)
{
    struct admin_peer *peer = context;
    peer->errand = NULL;
    peer->closing = false;
    if (peer->fd >= 0 && errand->answer) {
        peer->file = errand->file;
        errand->file = -1;
        admin_answer(peer, json_incref(errand->answer));
    } else if (peer->fd >= 0)
        admin_answer_error(peer, errand->error ? errand->error : "no memory");
    if (errand->file >= 0)
        close(errand->file);
    json_decref(errand->answer);
    json_decref(errand->request);
    free(errand);
    admin_advance(peer);
}

static void send_errand(struct admin_peer *peer, size_t row, json_t *request)
{
    struct errand *errand = malloc(sizeof *errand);
    if (!errand) {
        admin_drop(peer);
        return;
    }
    *errand = (struct errand){
        .run = requests[row].run,
        .request = json_incref(request),
        .uid = peer->uid,
        .reads_log = requests[row].reads_log && !peer->reads_log,
        .done = errand_done,
        .context = peer,
        .file = -1,
    };
    peer->reads_log |= requests[row].reads_log;
    peer->errand = errand;
    peer->deadline = LOOP_NEVER;
    peer->owner->run(peer->owner->context, errand);
}

/* --- Lines --- */

static void serve(struct admin_peer *peer, const char *line, size_t size)
{
    json_t *request = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    const char *name = json_string_value(json_object_get(request, "request"));
    size_t i = 0;
    while (name && i < COUNT_OF(requests) && strcmp(requests[i].name, name) != 0)
        i++;
    if (!name)
        admin_answer_error(peer, "expected an object with a request");
    else if (i == COUNT_OF(requests))
        admin_answer_error(peer, "unknown request");
    else if (peer->brief && !requests[i].brief)
        admin_answer_busy(peer);
    else if (requests[i].run)
        send_errand(peer, i, request);
    else
        requests[i].serve(peer, request);
    json_decref(request);
}

static bool serve_line(struct admin_peer *peer)
{
    char *end = memchr(peer->line, '\n', peer->got);
    if (!end)
        return false;
    size_t size = (size_t)(end - peer->line) + 1;
    serve(peer, peer->line, size - 1);
    memmove(peer->line, peer->line + size, sizeof peer->line - size);
    peer->got -= peer->got < size ? peer->got : size; /* less: the peer was dropped */
    return true;
}

/* Serves the peer until there is something to wait for: room to send, the card thread, or a whole
 * line. */
void admin_advance(struct admin_peer *peer)
{
    bool more = true;
    while (more && peer->fd >= 0 && !admin_waits(peer)) {
        admin_flush(peer);
        if (peer->fd < 0 || peer->answer)
            return;
        if (peer->log_lines)
            read_page(peer);
        else
            more = serve_line(peer);
    }
}
