/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm cancel: asks a token to stop the long command that it runs. */
#include <stdio.h>

#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/value.h"
#include "host/tool/tool.h"

struct cancel_options {
    struct admin_place place;
    bool as_json;
};

static void print_text(bool stopping, const char *command)
{
    if (!command)
        text_own(stdout, "nothing was running\n");
    else
        text_print(stdout, "%s %s\n", command,
                   stopping ? "is being stopped" : "cannot be stopped, it ends by itself");
}

static int run(struct command_line *command)
{
    struct cancel_options *options = command->options;
    options->place.name = command->operand[0];
    json_t *answer = admin_question(&options->place, json_pack("{s:s}", "request", "cancel"));
    if (!answer)
        return TOOL_FAILED;
    bool stopping = value_flag(answer, "cancelled");
    const char *busy = value_text(answer, "command", NULL);
    if (options->as_json)
        text_json(stdout, answer);
    else
        print_text(stopping, busy);
    int status = busy && !stopping ? TOOL_NOT_STOPPED : TOOL_DONE;
    json_decref(answer);
    return status;
}

static const struct option_row rows[] = {
    { "json", NULL, "the daemon's answer", INTO_FLAG(struct cancel_options, as_json) },
    OPTIONS_END,
};

static const struct verb verb = {
    .operands = "[NAME]",
    .most = 1,
    .help =
        "Stops a key generation that is under way; the program that asked for it gets an error, "
        "and nothing is changed on the token. Other commands cannot be stopped, they end by "
        "themselves: exit status 60. NAME as with `glasshsm status`.",
    .size = sizeof(struct cancel_options),
    .options = { { admin_rows, offsetof(struct cancel_options, place) }, { rows, 0 } },
    .run = run,
};
const struct family cancel_family = { "cancel", "stop the long command that a token is busy with",
                                      NULL, &verb, 1 };
