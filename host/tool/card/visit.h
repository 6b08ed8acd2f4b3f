/* SPDX-License-Identifier: Apache-2.0 */
/* What happened since the last visit (formats/visit.h), as the daemon counts it and the tool tells
 * it: an object {"user_login_ms", "so_login_ms", "failed_logins", ...}. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/bytes.h"

/* Asks one daemon, through its admin socket (admin_client.h), quietly. Returns an object for the
 * caller to release; NULL when no daemon answers, when path and name are NULL and $GLASSHSM_SOCKET
 * is not set, or when the card is busy. */
json_t *visit_ask(const char *path, const char *name);
/* Asks every daemon that answers: $GLASSHSM_SOCKET, the sockets of the same world beside it, and
 * those below /run/glasshsm; only daemons of our own user or of root, and all together within
 * ADMIN_QUIET_MS. Returns an object of visits by the token's serial number, for the caller to
 * release. Call it before a card is taken: nobody waits for that card meanwhile. */
json_t *visits_ask(void);
/* The visit of the token with this serial number, borrowed; NULL: there is none. */
const json_t *visit_of(const json_t *visits, struct span serial);

/* Prints a visit in one line. */
void visit_print(FILE *to, const json_t *visit);
