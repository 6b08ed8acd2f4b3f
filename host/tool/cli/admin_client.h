/* SPDX-License-Identifier: Apache-2.0 */
/* The other end of a daemon's admin socket: one JSON object a line each way (daemon/admin.h).
 *
 * Nothing that the other end says or does is relied on: it may be anybody who got hold of the path.
 * It must run as our own user or as root, unless we are root and were told its path or name; each
 * answer has a time limit and a longest line; and of files it hands over the open descriptor, never
 * a path, so that it gives away what it may read itself and nothing else. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/scope.h"
#include "host/tool/cli/options.h"

#define ADMIN_ANSWER_MAX                                                                           \
    ((size_t)64 << 20) /* the longest line that is taken; a quiet client: 64 KiB */

struct admin_client {
    int fd; /* -1, or any value while not `open`: not connected */
    bool open;
    /* Set it before admin_open(): no complaints, daemons of other users are not asked, and all
     * answers together must come within ADMIN_QUIET_MS. */
    bool quiet;
    uint64_t deadline; /* for all answers when quiet, else for the answer that is awaited */
    char *path;        /* of the socket */
    char *request;     /* the last request, to be sent again when the daemon is busy */
    bool answered;     /* something was received since that request */
    bool altered;      /* the daemon said that its log is altered */
    char *line;        /* the bytes received */
    size_t size, room, taken;
    int received; /* a descriptor that came with an answer; -1: none */
};

enum { ADMIN_QUIET_MS = 300 };

/* Connects to path; or when it is NULL to $GLASSHSM_SOCKET; or else to the socket of the token
 * called name: /run/glasshsm/NAME/admin.sock, or /run/glasshsm/NAME.sock. Complains and returns
 * false when no daemon answers there. */
MUST_CHECK bool admin_open(const char *path, const char *name, struct admin_client *out);
/* Harmless on a zeroed or closed one. */
void admin_close(struct admin_client *client);

/* Sends a request, which it takes over. Complains and returns false when the daemon is gone. */
MUST_CHECK bool admin_ask(struct admin_client *client, json_t *request);
/* Receives the next object of the answer, for the caller to release. NULL after a complaint: none
 * came in time, or it is an error. */
json_t *admin_answer(struct admin_client *client);
/* The two halves of admin_answer(), for lines that need no parsing. admin_line() receives a line
 * without its newline, borrowed until the next call; admin_parse() reads a line as JSON. False or
 * NULL after a complaint. */
MUST_CHECK bool admin_line(struct admin_client *client, struct span *out);
json_t *admin_parse(struct admin_client *client, struct span line);
/* The descriptor of a regular file, open for reading, that came with the last answer; the caller
 * closes it. -1 after a complaint. */
int admin_take_file(struct admin_client *client);

/* Which daemon is meant, as options and operands of verbs name it. */
struct admin_place {
    const char *socket, *name; /* NULL: not given */
};
extern const struct option_row admin_rows[]; /* --socket, of a struct admin_place */
/* Sends one request, which it takes over, and receives the answer, for the caller to release. NULL
 * after a complaint. */
json_t *admin_question(const struct admin_place *place, json_t *request);
