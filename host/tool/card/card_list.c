/* SPDX-License-Identifier: Apache-2.0 */
/* card_list(): the loop and the printing that the verbs `list` have in common. */
#include "host/tool/card/card_verb.h"
#include "host/tool/cli/complain.h"

static int collect(struct card_call *call, card_list_add *add, json_t *list)
{
    uint16_t files[CLIENT_FILES_MAX];
    size_t count;
    int result = client_list(&call->card, files, &count, &call->sw);
    if (result)
        return card_complain(call, result, "listing the objects");
    int status = list ? 0 : TOOL_FAILED;
    for (size_t i = 0; i < count && !status; i++)
        status = add(call, files[i], list);
    return status;
}

int card_list(struct card_call *call, card_list_add *add, void (*print)(const json_t *list))
{
    json_t *list = json_array();
    int status = collect(call, add, list);
    if (!status && call->options->as_json)
        return value_print(list);
    if (!status)
        print(list);
    json_decref(list);
    return status;
}
