/* The admin socket: a Unix socket on which the token's owner sends requests, one JSON object a
 * line each way. A peer is served if it runs as the same user as the daemon, or as root.
 *
 *   {"request":"status"}                    what the owner's status() tells
 *   {"request":"log","from":1,"count":20}   {"seq":1,"line":"..."} for each record from `from` on,
 *                                           at most `count`, then {"end":true,"next":21}; with
 *                                           "plain":true each record's line, a JSON object itself,
 *                                           is sent unwrapped. If the records are not those that were
 *                                           signed: {"error":"...","altered":true}
 *   {"request":"cancel"}                    {"cancelled":true,"command":"GENERATE ..."}; false when
 *                                           it cannot be stopped, or with null when nothing ran
 *   {"request":"visit"}                     what happened since the last login: formats/visit.h
 *   {"request":"checkpoint"}                {"checkpoint","receipt":texts, "handovers":[texts of
 *                                           epochs 1, 2 ...], "pruned":n, "peaks":[Base64]}
 *   {"request":"consistency","from":10,"to":20}   {"hashes":[Base64]}: the proof that the log of
 *                                           20 records goes on from that of 10
 *   {"request":"acknowledge","note":"..."}  {"acknowledged","epoch","pruned":numbers}
 *   {"request":"note","text":"..."}         {"record":n}
 *   {"request":"policy"}                    the audit policy, and how much of its limit is used;
 *    with "forced", "limit", "keep", "read" sets it first
 *   {"request":"snapshot"}                  {"snapshot":true,"records":n,"us":n}, and with it
 *                                           the file's descriptor (SCM_RIGHTS); it has no name
 *   {"request":"roots"}                     {"own":Base64 or null, "trusted":[Base64]}: root
 *                                           certificates
 *   {"request":"trust","certificate":Base64}   {"trusted":name}: a foreign root
 *   {"request":"distrust","name":"..."}     {"removed":name}
 *   anything else                           {"error":"..."}
 *
 * ADMIN_CLIENTS_MAX clients are served at a time. While all their places are taken, ADMIN_BRIEF_MAX
 * further places serve status and cancel, which cost the card nothing. Any other request is
 * answered {"error":"busy ...","busy":true} there, and after one answer, or a second, the connection
 * ends. When these places are taken, too, the client that came to them first makes room for the
 * next, a tenth of a second after it came. */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "daemon/errand.h"
#include "daemon/loop.h"
#include "daemon/token.h"

#define ADMIN_CLIENTS_MAX 4
#define ADMIN_BRIEF_MAX   8 /* further places, for status and cancel only */
#define ADMIN_PLACES      (ADMIN_CLIENTS_MAX + ADMIN_BRIEF_MAX)
#define ADMIN_LINE_MAX    1024

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

struct admin;

struct admin_client {
    struct admin *admin;
    int fd; /* -1: free */
    bool closing;
    bool brief;        /* in one of the ADMIN_BRIEF_MAX places */
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

struct admin {
    struct admin_owner owner;
    int fd;           /* -1: not listening */
    uint64_t idle_us; /* how long a client without a request keeps its place */
    char path[108];
    dev_t device; /* with `number`: our socket's file, so that no other is removed */
    ino_t number;
    struct admin_client clients[ADMIN_PLACES];
};

void admin_init(struct admin *admin, const struct admin_owner *owner);
/* Listens at path, of at most 107 bytes, which only this user can reach. Replaces a socket that a
 * dead daemon left there, but no other file. Fault: FAULT_DISK. */
MUST_CHECK int admin_listen(struct admin *admin, const char *path);
/* Adds the listening socket to the loop, and a watcher for each client that can come. */
MUST_CHECK int admin_join(struct admin *admin, struct loop *loop);
/* Serves a connected socket, which it then owns; closes it when all places are taken or when the
 * peer's user may not send requests. */
void admin_serve(struct admin *admin, int fd);
/* Closes all connections and the socket, and removes the socket's file if it is still ours. The
 * card thread must have ended. Harmless twice. */
void admin_deinit(struct admin *admin);
