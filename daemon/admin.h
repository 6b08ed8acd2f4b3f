/* The admin socket: a Unix socket on which the token's owner asks and orders, one JSON object a
 * line each way. A peer is served if it runs as the same user as the daemon, or as root.
 *
 *   {"request":"status"}                    what the owner's status() tells
 *   {"request":"log","from":1,"count":20}   {"seq":1,"line":"..."} for each record from `from` on,
 *                                           at most `count`, then {"end":true,"next":21}; with
 *                                           "plain":true the records' lines themselves, which are
 *                                           objects, too, in place of those that hold them
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
 * Four are served at a time. When all places are taken, two more are for whoever wants nothing but
 * status or cancel, which cost the card nothing; another request is answered {"error":"busy ...",
 * "busy":true} there, and after any answer the connection ends. */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "daemon/errand.h"
#include "daemon/loop.h"
#include "daemon/token.h"

#define ADMIN_CLIENTS_MAX 4
#define ADMIN_BRIEF_MAX   2 /* further places, for a brief question */
#define ADMIN_PLACES      (ADMIN_CLIENTS_MAX + ADMIN_BRIEF_MAX)
#define ADMIN_LINE_MAX    1024

/* What the requests do. */
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
    bool brief;        /* in a place for brief questions */
    uint32_t uid;      /* of the peer */
    bool reads_log;    /* and that was recorded: once a connection */
    uint64_t deadline; /* for a request or its rest, or for taking an answer */

    char line[ADMIN_LINE_MAX];
    size_t got;

    char *answer; /* what is still to be sent; NULL: nothing */
    size_t answer_size, answer_room, sent;
    int file; /* goes with the first bytes of the answer; -1: none */

    struct log_page *page;        /* with the card thread, or NULL */
    struct errand *errand;        /* the same */
    uint64_t log_next, log_lines; /* what a log request still wants; no lines: there is none */
    bool log_plain;               /* the lines as they are */
};

struct admin {
    struct admin_owner owner;
    int fd;           /* -1: not listening */
    uint64_t idle_us; /* how long a client may keep its place without a request */
    char path[108];
    dev_t device; /* and number of the socket's file: what else has that name later is not ours */
    ino_t number;
    struct admin_client clients[ADMIN_PLACES];
};

void admin_init(struct admin *admin, const struct admin_owner *owner);
/* Listens at path, of at most 107 bytes, which only this user can reach; a socket that a dead daemon
 * left there is replaced, and nothing else. Fault: FAULT_DISK. */
MUST_CHECK int admin_listen(struct admin *admin, const char *path);
/* Joins the loop, with a watcher for each client that can come. */
MUST_CHECK int admin_join(struct admin *admin, struct loop *loop);
/* Serves a connected socket, which it then owns; closes it when there is no room or the peer may
 * not ask. */
void admin_serve(struct admin *admin, int fd);
/* Closes everything and removes the socket, if it is still ours. The card thread must have ended. Harmless twice. */
void admin_deinit(struct admin *admin);
