/* glasshsm cancel: stops the long command that a token is busy with. */
#include <getopt.h>
#include <stdio.h>

#include "host/tool/admin_client.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm cancel [--socket PATH] [--json] [NAME]\n"
    "\n"
    "Stops a key generation that is under way; the program that asked for it gets an error, and\n"
    "nothing is changed on the token. NAME and --socket as with `glasshsm status`.\n";

static const struct option options[] = {
    { "socket", required_argument, NULL, 's' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

int tool_cancel(int count, char **arguments)
{
    SCOPED(admin_close) struct admin_client client = { 0 };
    const char *socket = NULL;
    bool as_json = false;
    for (int option; (option = getopt_long(count, arguments, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout) < 0 ? TOOL_FAILED : TOOL_DONE;
        if (option == '?')
            return tool_misused(usage);
        if (option == 's')
            socket = optarg;
        if (option == 'j')
            as_json = true;
    }
    if (!admin_open(socket, arguments[optind], &client) ||
        !admin_ask(&client, json_pack("{s:s}", "request", "cancel")))
        return TOOL_FAILED;
    json_t *answer = admin_answer(&client);
    if (!answer)
        return TOOL_FAILED;
    bool cancelled = json_is_true(json_object_get(answer, "cancelled"));
    json_decref(answer);
    if (as_json)
        puts(cancelled ? "{\"cancelled\":true}" : "{\"cancelled\":false}");
    else
        puts(cancelled ? "the command is being stopped" : "no command is running");
    return TOOL_DONE;
}
