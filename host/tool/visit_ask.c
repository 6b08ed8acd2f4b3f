/* A visit's summary, from a daemon. */
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "host/tool/admin_client.h"
#include "host/tool/visit.h"

static bool is_token(const json_t *status, struct span serial)
{
    const char *told = json_string_value(json_object_get(status, "serial"));
    return !serial.at || (told && span_equal(span_of_text(told), serial));
}

/* False for another token, and while a command runs: the log is read between commands, and nobody
 * should wait for that. */
static bool may_ask(struct admin_client *client, struct span serial)
{
    if (!admin_ask(client, json_pack("{s:s}", "request", "status")))
        return false;
    json_t *status = admin_answer(client);
    bool good = json_is_null(json_object_get(status, "command")) && is_token(status, serial);
    json_decref(status);
    return good;
}

static json_t *ask(const char *path, const char *name, struct span serial)
{
    SCOPED(admin_close) struct admin_client client = { .quiet = true };
    if (!admin_open(path, name, &client) || !may_ask(&client, serial) ||
        !admin_ask(&client, json_pack("{s:s}", "request", "visit")))
        return NULL;
    json_t *answer = admin_answer(&client);
    if (json_object_get(answer, "user_login_ms"))
        return answer;
    json_decref(answer);
    return NULL;
}

json_t *visit_ask(const char *path, const char *name)
{
    return ask(path, name, (struct span){ 0 });
}

/* --- The token of a card --- */

/* The socket that was named, first, and those of the same world. */
static void find_in_world(glob_t *found)
{
    const char *named = getenv("GLASSHSM_SOCKET");
    char beside[PATH_MAX];
    if (!named)
        return;
    int folder = (int)(strrchr(named, '/') ? strrchr(named, '/') + 1 - named : 0);
    int size = snprintf(beside, sizeof beside, "%.*sadmin*.sock", folder, named);
    glob(named, GLOB_APPEND, NULL, found);
    if (size > 0 && (size_t)size < sizeof beside)
        glob(beside, GLOB_APPEND, NULL, found);
}

json_t *visit_ask_token(struct span serial)
{
    SCOPED(globfree) glob_t found = { 0 };
    json_t *visit = NULL;
    find_in_world(&found);
    glob("/run/glasshsm/*.sock", GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc && !visit; i++)
        visit = ask(found.gl_pathv[i], NULL, serial);
    return visit;
}
