/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm store unlock-source, rekey: changes what unlocks a store. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/store/store.h"
#include "storage/leftovers.h"
#include "storage/sources.h"

static const struct {
    int result;
    const char *text;
} refusals[] = {
    { SOURCE_UNKNOWN, "there is no unlock source of that number" },
    { SOURCE_LAST, "without its last unlock source nothing would open the store; add one first" },
    { SOURCE_OTHERS,
      "the other unlock sources would no longer open the store: --drop-others removes "
      "them; add them again afterwards" },
    { SOURCE_TOO_MANY, "there are too many unlock sources; remove one" },
    { UNLOCK_UNREADABLE, "the new key file cannot be read" },
    { UNLOCK_EXPOSED, "others may use the new key file; take their rights away with chmod 600" },
    { UNLOCK_MALFORMED, "the new key file is malformed: it must hold 64 hexadecimal digits" },
};

static int told(int result)
{
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (refusals[i].result == result)
            return tool_complain(TOOL_FAILED, "%s", refusals[i].text);
    return result ? store_order_failed(result) : TOOL_DONE;
}

static const char *kind_text(enum unlock_kind kind)
{
    return kind == UNLOCK_PASSPHRASE ? "passphrase" : "key";
}

static int print_sources(const struct store_order *order, const struct source_list *list)
{
    json_t *rows = order->as_json ? json_array() : NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct source_facts *facts = &list->at[i];
        if (rows)
            json_array_append_new(
                rows, json_pack("{s:I,s:s,s:o,s:b}", "number", (json_int_t)facts->number, "kind",
                                kind_text(facts->kind), "name",
                                text_value(span_of_text(facts->name)), "used", facts->used));
        else
            text_print(stdout, "%3" PRIu64 "  %-10s  %s%s\n", facts->number, kind_text(facts->kind),
                       facts->name, facts->used ? "  (opened the store now)" : "");
    }
    return rows ? value_print(rows) : TOOL_DONE;
}

static int list(struct store_order *order, struct store *store)
{
    struct source_list sources;
    int r = sources_list(store, &sources);
    return r ? store_order_failed(r) : print_sources(order, &sources);
}

/* Makes a key file that does not exist, as store create does. */
static int make_if_missing(const struct unlock_source *source, bool *out_made)
{
    if (source->kind != UNLOCK_KEY_FILE || access(source->key_file, F_OK) == 0)
        return 0;
    int r = unlock_make_key_file(source->key_file);
    *out_made = r == 0;
    return r;
}

static int add(struct store_order *order, struct store *store)
{
    SCOPED(unlock_room_wipe) struct unlock_room room;
    const struct unlock_wish wish = { .key_file = order->new_key_file,
                                      .passphrase_file = order->new_passphrase_file };
    struct store_place place = { 0 };
    if (!order->new_key_file == !order->new_passphrase_file)
        return usage_wrong(order->command,
                           "name what to add: --new-key-file or --new-passphrase-file FILE");
    int r = store_unlock_by(&place, &wish, &room);
    const struct unlock_source source = { place.unlock, place.key_file, place.passphrase };
    bool made = false;
    if (!r)
        r = make_if_missing(&source, &made);
    if (!r)
        r = sources_add(store, &source, order->name ? order->name : "", (uint32_t)getuid());
    int status = told(r);
    if (r && made && destroy_file(source.key_file)) /* it opens nothing */
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    return status;
}

static int remove_source(struct store_order *order, struct store *store)
{
    char *end = NULL;
    uint64_t number = order->operands == 3 ? strtoull(order->operand[2], &end, 10) : 0;
    if (!number || *end)
        return usage_wrong(order->command,
                           "name the NUMBER to remove, as `unlock-source list` shows it");
    return told(sources_remove(store, number, (uint32_t)getuid()));
}

static const struct {
    const char *name;
    int (*run)(struct store_order *order, struct store *store);
} works[] = { { "list", list }, { "add", add }, { "remove", remove_source } };

static int open_for_change(struct store_order *order, const char *folder, struct store **out)
{
    order->place.folder = folder;
    order->place.keep_unlocked = true;
    int status = tool_place_prepare();
    return status ? status : store_order_open(&order->place, out);
}

int store_sources_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    SCOPED(store_close) struct store *store = NULL;
    size_t i = 0;
    bool adds = order->new_key_file || order->new_passphrase_file || order->name;
    while (i < COUNT_OF(works) && strcmp(works[i].name, order->operand[0]) != 0)
        i++;
    if (i == COUNT_OF(works))
        return usage_wrong(order->command, "%s: list, add or remove", order->operand[0]);
    if (adds && works[i].run != add)
        return usage_wrong(order->command,
                           "--new-key-file, --new-passphrase-file and --name are for "
                           "add");
    if (order->operands > 2 && works[i].run != remove_source)
        return usage_wrong(order->command, "%s: one word too many", order->operand[2]);
    order->place.look_only = works[i].run == list;
    int status = open_for_change(order, order->operand[1], &store);
    return status ? status : works[i].run(order, store);
}

int store_rekey_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    SCOPED(store_close) struct store *store = NULL;
    int status = open_for_change(order, order->operand[0], &store);
    if (!status)
        status = told(sources_rekey(store, order->drop_others, (uint32_t)getuid()));
    if (!status && !order->as_json)
        text_own(stdout,
                 "the root secret is new; copies of the store from before still open with the old "
                 "one\n");
    return status;
}
