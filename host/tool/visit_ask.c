/* The records for a visit's summary, from a daemon. */
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

/* False while a command runs: the log is read between commands, and nobody should wait for that. */
static bool log_size(struct admin_client *client, json_int_t *out)
{
    if (!admin_ask(client, json_pack("{s:s}", "request", "status")))
        return false;
    json_t *status = admin_answer(client);
    bool idle = json_is_null(json_object_get(status, "command"));
    *out = json_integer_value(json_object_get(json_object_get(status, "log"), "size"));
    json_decref(status);
    return idle;
}

bool visit_ask(const char *path, const char *name, struct visit *out)
{
    SCOPED(admin_close) struct admin_client client = { .quiet = true };
    struct visit visit = { 0 };
    json_int_t size;
    if (!admin_open(path, name, &client) || !log_size(&client, &size))
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
