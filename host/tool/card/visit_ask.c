/* SPDX-License-Identifier: Apache-2.0 */
/* Asks daemons what happened at their tokens since the last visit. */
#include <string.h>

#include "base/clock.h"
#include "host/tool/card/visit.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/admin_sockets.h"
#include "host/tool/cli/value.h"

static json_t *question(struct admin_client *client, const char *request)
{
    return admin_ask(client, json_pack("{s:s}", "request", request)) ? admin_answer(client) : NULL;
}

/* NULL also while a command runs: the log is read between commands, and that is not waited for. */
static json_t *ask(struct admin_client *client, json_t **out_status)
{
    *out_status = question(client, "status");
    if (!json_is_null(json_object_get(*out_status, "command")))
        return NULL;
    json_t *answer = question(client, "visit");
    if (json_object_get(answer, "user_login_ms"))
        return answer;
    json_decref(answer);
    return NULL;
}

json_t *visit_ask(const char *path, const char *name)
{
    SCOPED(admin_close) struct admin_client client = { .quiet = true };
    json_t *status = NULL;
    json_t *visit = admin_open(path, name, &client) ? ask(&client, &status) : NULL;
    json_decref(status);
    return visit;
}

/* --- All tokens --- */

/* Adds a daemon's visit. The first daemon that claims a serial number counts: the socket that was
 * named comes first. */
static void add_visit(const char *path, json_t *visits)
{
    SCOPED(admin_close) struct admin_client client = { .quiet = true };
    json_t *status = NULL;
    json_t *visit = admin_open(path, NULL, &client) ? ask(&client, &status) : NULL;
    const char *serial = value_text(status, "serial", NULL);
    if (visit && serial && !json_object_get(visits, serial))
        json_object_set(visits, serial, visit);
    json_decref(visit);
    json_decref(status);
}

json_t *visits_ask(void)
{
    SCOPED(globfree) glob_t found = { 0 };
    json_t *visits = json_object();
    uint64_t deadline = now_us() + ADMIN_QUIET_MS * 1000;
    admin_sockets_find(&found);
    for (size_t i = 0; i < found.gl_pathc && now_us() < deadline; i++)
        add_visit(found.gl_pathv[i], visits);
    return visits;
}

const json_t *visit_of(const json_t *visits, struct span serial)
{
    char text[64] = "";
    if (serial.size >= sizeof text)
        return NULL;
    memcpy(text, serial.at, serial.size);
    return json_object_get(visits, text);
}
