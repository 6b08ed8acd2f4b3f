/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/print_exits.h"

#include <stdio.h>

#include <jansson.h>

#include "base/scope.h"
#include "host/tool/cli/exits.h"
#include "host/tool/cli/terminal_text.h"

static const struct {
    int status;
    const char *text;
} rows[] = {
#define X(name, number, text) { TOOL_##name, text },
    TOOL_EXITS(X)
#undef X
};

static void print_json(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        json_array_append_new(
            list, json_pack("{s:i,s:s}", "status", rows[i].status, "text", rows[i].text));
    text_json(stdout, list);
    json_decref(list);
}

void tool_print_exits(bool as_json)
{
    if (as_json) {
        print_json();
        return;
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_print(stdout, "%3d  %s\n", rows[i].status, rows[i].text);
}
