/* The other end of a daemon's admin socket: one JSON object a line each way (daemon/admin.h). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/scope.h"

struct admin_client {
    FILE *stream; /* NULL: not connected */
    bool quiet;   /* set it before admin_open: no complaints, and no answer waits long */
};

/* Connects to path, or when it is NULL to $GLASSHSM_SOCKET, or else to the socket of the token
 * called name below /run/glasshsm. Complains and returns false when no daemon answers there. */
MUST_CHECK bool admin_open(const char *path, const char *name, struct admin_client *out);
void admin_close(struct admin_client *client);

/* Sends a request, which it takes. Complains and returns false when the daemon is gone. */
MUST_CHECK bool admin_ask(struct admin_client *client, json_t *request);
/* The next object of the answer, the caller's to release. NULL after a complaint, when there is
 * none or when it is an error. */
json_t *admin_answer(struct admin_client *client);

/* A question that needs nothing but an answer. */
struct admin_question {
    const char *usage, *request; /* the caller's */
    const char *socket, *name;   /* from the options; NULL: the customary ones */
    bool as_json;
};
/* Reads --socket, --json, --help and NAME, and asks. The answer is the caller's to free; when there
 * is none, it is NULL and the exit status is returned, after the usage or a complaint. */
MUST_CHECK int admin_question(int count, char **arguments, struct admin_question *question,
                              json_t **out_answer);
