/* The records for a visit's summary, from a daemon. */
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "host/tool/admin_client.h"
#include "host/tool/visit.h"

/* One object of the answer to `log`: 1 more may follow, 0 the end, -1 neither. */
static int take(const json_t *answer, struct visit *visit)
{
    struct audit_record record;
    const json_t *line = json_object_get(answer, "line");
    if (!json_is_string(line))
        return json_is_true(json_object_get(answer, "end")) ? 0 : -1;
    if (!audit_record_read(span_of(json_string_value(line), json_string_length(line)), &record))
        return -1;
    visit_add(visit, &record);
    return 1;
}

static bool is_token(const json_t *status, struct span serial)
{
    const char *told = json_string_value(json_object_get(status, "serial"));
    return !serial.at || (told && span_equal(span_of_text(told), serial));
}

/* False for another token, and while a command runs: the log is read between commands, and nobody
 * should wait for that. */
static bool log_size(struct admin_client *client, struct span serial, json_int_t *out)
{
    if (!admin_ask(client, json_pack("{s:s}", "request", "status")))
        return false;
    json_t *status = admin_answer(client);
    bool idle = json_is_null(json_object_get(status, "command"));
    bool good = idle && is_token(status, serial);
    *out = json_integer_value(json_object_get(json_object_get(status, "log"), "size"));
    json_decref(status);
    return good;
}

static bool ask(const char *path, const char *name, struct span serial, struct visit *out)
{
    SCOPED(admin_close) struct admin_client client = { .quiet = true };
    struct visit visit = { 0 };
    json_int_t size;
    if (!admin_open(path, name, &client) || !log_size(&client, serial, &size))
        return false;
    json_int_t from = size > VISIT_RECORDS ? size - VISIT_RECORDS + 1 : 1;
    if (!admin_ask(&client, json_pack("{s:s,s:I}", "request", "log", "from", from)))
        return false;
    for (int more = 1; more;) {
        json_t *answer = admin_answer(&client);
        more = take(answer, &visit);
        json_decref(answer);
        if (more < 0)
            return false;
    }
    *out = visit;
    return true;
}

bool visit_ask(const char *path, const char *name, struct visit *out)
{
    return ask(path, name, (struct span){ 0 }, out);
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

bool visit_ask_token(struct span serial, struct visit *out)
{
    SCOPED(globfree) glob_t found = { 0 };
    bool known = false;
    find_in_world(&found);
    glob("/run/glasshsm/*.sock", GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc && !known; i++)
        known = ask(found.gl_pathv[i], NULL, serial, out);
    return known;
}
