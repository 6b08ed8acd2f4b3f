/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of the admin socket: the line that is being received, and the answer that is being
 * sent. */
#pragma once

#include <jansson.h>

#include "daemon/errand.h"
#include "daemon/loop.h"
#include "daemon/token.h"

#define ADMIN_LINE_MAX 1024

/* What the requests call in the daemon. */
struct admin_owner {
    void *context;
    json_t *(*status)(void *context); /* a new object; NULL: no memory */
    struct token_cancelled (*cancel)(void *context, uint32_t uid);
    /* Calls page->done later, from the loop. */
    void (*read_log)(void *context, struct log_page *page);
    /* Calls errand->done later, from the loop. */
    void (*run)(void *context, struct errand *errand);
};

struct admin_peer {
    const struct admin_owner *owner;
    const uint64_t *idle_us; /* how long a peer without a request keeps its seat */
    int fd;                  /* -1: free */
    bool closing;
    bool brief;        /* in one of the ADMIN_BRIEF_MAX seats (admin.h) */
    uint32_t uid;      /* of the peer */
    bool reads_log;    /* its reading of the log was recorded, which is done once a connection */
    uint64_t deadline; /* for a request or its rest, or for taking an answer */

    char line[ADMIN_LINE_MAX];
    size_t got;

    char *answer; /* being sent; NULL: none */
    size_t answer_size, answer_room, sent;
    int file; /* goes with the first bytes of the answer; -1: none */

    struct log_page *page; /* that the card thread works on, or NULL */
    struct errand *errand; /* that the card thread works on, or NULL */
    /* Next record and lines left of a log request; 0 lines: none is in progress. */
    uint64_t log_next, log_lines;
    bool log_plain; /* "plain":true: records' lines are sent unwrapped */
};

/* Whether the card thread works on something for this peer. */
bool admin_waits(const struct admin_peer *peer);
/* Closes the connection, and frees its seat for another. */
void admin_close(struct admin_peer *peer);
/* admin_close() for a peer that the card thread may work for: it keeps its seat until that comes
 * back. */
void admin_drop(struct admin_peer *peer);
/* Begins a time of waiting that ends so many microseconds from now; a brief peer keeps its first
 * deadline. */
void admin_set_deadline(struct admin_peer *peer, uint64_t us);

/* Appends bytes to the answer. A peer for whose answer there is no memory is dropped. */
void admin_append(struct admin_peer *peer, const char *text, size_t size);
/* Answers with the object, which it takes over; NULL: there was no memory for it. */
void admin_answer(struct admin_peer *peer, json_t *object);
void admin_answer_error(struct admin_peer *peer, const char *what);
void admin_answer_busy(struct admin_peer *peer);

/* Sends what the socket takes of the answer. A brief peer is closed after its answer. */
void admin_flush(struct admin_peer *peer);
/* Receives what is there of a line; drops a peer that has gone, or whose line is too long. */
void admin_receive(struct admin_peer *peer);
