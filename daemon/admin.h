/* SPDX-License-Identifier: Apache-2.0 */
/* The admin socket: a Unix socket on which the token's owner sends requests, one JSON object a
 * line each way. A peer is served if it runs as the same user as the daemon, or as root.
 *
 *   {"request":"status"}                    what the owner's status() tells
 *   {"request":"log","from":1,"count":20}   {"seq":1,"line":"..."} for each record from `from` on,
 *                                           at most `count`, then {"end":true,"next":21}; with
 *                                           "plain":true each record's line, a JSON object itself,
 *                                           is sent unwrapped. If the records are not those that
 *                                           were signed: {"error":"...","altered":true}
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
 * ADMIN_CLIENTS_MAX clients are served at a time. While all their seats are taken, ADMIN_BRIEF_MAX
 * further seats serve status and cancel, which cost the card nothing. Any other request is answered
 * {"error":"busy ...","busy":true} there, and after one answer, or a second, the connection ends.
 * When these seats are taken, too, the client that came to them first makes room for the next, a
 * tenth of a second after it came. */
#pragma once

#include "daemon/admin_peer.h"
#include "daemon/admin_socket.h"

#define ADMIN_CLIENTS_MAX 4
#define ADMIN_BRIEF_MAX   8 /* further seats, for status and cancel only */
#define ADMIN_SEATS       (ADMIN_CLIENTS_MAX + ADMIN_BRIEF_MAX)

struct admin {
    struct admin_owner owner;
    struct admin_socket socket;
    uint64_t idle_us; /* how long a client without a request keeps its seat */
    struct admin_peer peers[ADMIN_SEATS];
};

void admin_init(struct admin *admin, const struct admin_owner *owner);
/* Listens at path, of at most 107 bytes, which only this user can reach. Replaces a socket that a
 * dead daemon left there, but no other file. Fault: FAULT_DISK. */
MUST_CHECK int admin_listen(struct admin *admin, const char *path);
/* Adds the listening socket to the loop, and a watcher for each client that can come. */
MUST_CHECK int admin_join(struct admin *admin, struct loop *loop);
/* Serves a connected socket, which it then owns; closes it when all seats are taken or when the
 * peer's user may not send requests. */
void admin_serve(struct admin *admin, int fd);
/* Closes all connections and the socket, and removes the socket's file if it is still ours. The
 * card thread must have ended. Harmless twice. */
void admin_deinit(struct admin *admin);
