/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/print_exits.h"

#include <stdio.h>

#include <jansson.h>

#include "host/tool/cli/exits.h"
#include "host/tool/cli/terminal_text.h"

enum { STATUS_MAX = 255 }; /* what a process can end with */

static void print_json(void)
{
    json_t *list = json_array();
    for (int status = 0; status <= STATUS_MAX; status++)
        if (tool_exit_text(status))
            json_array_append_new(
                list, json_pack("{s:i,s:s}", "status", status, "text", tool_exit_text(status)));
    text_json(stdout, list);
    json_decref(list);
}

void tool_print_exits(bool as_json)
{
    if (as_json) {
        print_json();
        return;
    }
    for (int status = 0; status <= STATUS_MAX; status++)
        if (tool_exit_text(status))
            text_print(stdout, "%3d  %s\n", status, tool_exit_text(status));
}
