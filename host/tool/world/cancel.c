/* glasshsm cancel: asks a token to stop the long command that it runs. */
#include <stdio.h>

#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm cancel [--socket PATH] [--json] [NAME]\n"
    "\n"
    "Stops a key generation that is under way; the program that asked for it gets an error, and\n"
    "nothing is changed on the token. Other commands cannot be stopped, they end by themselves:\n"
    "exit status 60. NAME and --socket as with `glasshsm status`.\n";

static void print_text(bool stopping, const char *command)
{
    if (!command)
        text_own(stdout, "nothing was running\n");
    else
        text_print(stdout, "%s %s\n", command,
                   stopping ? "is being stopped" : "cannot be stopped, it ends by itself");
}

int tool_cancel(int count, char **arguments)
{
    struct admin_question question = { .usage = usage, .request = "cancel" };
    json_t *answer;
    int status = admin_question(count, arguments, &question, &answer);
    if (!answer)
        return status;
    bool stopping = json_is_true(json_object_get(answer, "cancelled"));
    const char *command = json_string_value(json_object_get(answer, "command"));
    if (question.as_json)
        text_json(stdout, answer);
    else
        print_text(stopping, command);
    status = command && !stopping ? TOOL_NOT_STOPPED : TOOL_DONE;
    json_decref(answer);
    return status;
}
