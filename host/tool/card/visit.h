/* What happened since the last visit (formats/visit.h), as the daemon counts it and the tool tells
 * it: an object {"user_login_ms", "so_login_ms", "failed_logins", ...}. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/bytes.h"

/* Asks the daemon behind an admin socket (admin_client.h), without a word of complaint. The object,
 * which is the caller's; NULL when there is none, when path and name are NULL and no
 * $GLASSHSM_SOCKET names one, or when its card is busy. */
json_t *visit_ask(const char *path, const char *name);
/* The same from every daemon that answers: $GLASSHSM_SOCKET, the sockets of the same world beside
 * it, and those below /run/glasshsm; only daemons of our own user or of root, and all together
 * within ADMIN_QUIET_MS. An object of visits by the serial number of the token, the caller's. Asked
 * before a card is taken: nobody waits for that card meanwhile. */
json_t *visits_ask(void);
/* That of the token with this serial number, borrowed; NULL: none. */
const json_t *visit_of(const json_t *visits, struct span serial);

/* One line. */
void visit_print(FILE *to, const json_t *visit);
