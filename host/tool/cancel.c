/* glasshsm cancel: stops the long command that a token is busy with. */
#include <stdio.h>

#include "host/tool/admin_client.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm cancel [--socket PATH] [--json] [NAME]\n"
    "\n"
    "Stops a key generation that is under way; the program that asked for it gets an error, and\n"
    "nothing is changed on the token. NAME and --socket as with `glasshsm status`.\n";

int tool_cancel(int count, char **arguments)
{
    struct admin_question question = { .usage = usage, .request = "cancel" };
    json_t *answer;
    int status = admin_question(count, arguments, &question, &answer);
    if (!answer)
        return status;
    bool cancelled = json_is_true(json_object_get(answer, "cancelled"));
    json_decref(answer);
    if (question.as_json)
        puts(cancelled ? "{\"cancelled\":true}" : "{\"cancelled\":false}");
    else
        puts(cancelled ? "the command is being stopped" : "no command is running");
    return TOOL_DONE;
}
