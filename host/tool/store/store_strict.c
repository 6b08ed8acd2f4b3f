/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm store strict: whether a token has extensions to the hardware's commands. */
#include "card-os/strict.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/tool/cli/terminal_text.h"
#include "host/tool/store/store.h"

static int tell(const struct store_order *order, struct store *store)
{
    bool strict;
    int r = strict_load(store, &strict);
    if (r)
        return store_order_failed(r);
    if (order->as_json)
        return value_print(json_pack("{s:b}", "strict", strict));
    text_own(stdout, strict ? "strict: without extensions\n" : "not strict: with extensions\n");
    return TOOL_DONE;
}

static int set(struct store *store, bool on)
{
    const struct env env = tool_place_env(store);
    int r = strict_set(&env, on, getuid());
    if (r == STRICT_FORCED)
        return tool_complain(TOOL_CONTRADICTED,
                             "the token's audit is forced, which no hardware does and strict never "
                             "gives up: switch it off first (glasshsm log policy --forced off)");
    return r ? store_order_failed(r) : 0;
}

int store_strict_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    SCOPED(store_close) struct store *store = NULL;
    const char *wish = order->operands == 2 ? order->operand[1] : NULL;
    bool on = wish && strcmp(wish, "on") == 0;
    if (wish && !on && strcmp(wish, "off") != 0)
        return usage_wrong(order->command, "%s: on or off", wish);
    order->place.folder = order->operand[0];
    order->place.look_only = !wish;
    int status = tool_place_prepare();
    if (!status)
        status = store_order_open(&order->place, &store);
    if (!status && wish)
        status = set(store, on);
    return status ? status : tell(order, store);
}
