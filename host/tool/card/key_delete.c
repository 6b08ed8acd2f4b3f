/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/card/key_delete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/p15.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"

const struct option_row key_delete_rows[] = {
    { "yes", NULL, "delete a key without asking", INTO_FLAG(struct key_delete_options, yes) },
    OPTIONS_END,
};

static bool is_sure(const struct card_call *call)
{
    return ((const struct key_delete_options *)call->options)->yes;
}

int key_delete_ask(const struct card_call *call)
{
    if (is_sure(call) || isatty(STDIN_FILENO))
        return NEED_LOGIN;
    usage_wrong(call->command, "a deleted key is lost for ever: say --yes");
    return -1;
}

/* Keeps the label for the question, which is asked while nobody is kept from the card. */
int key_delete_look(struct card_call *call, uint8_t number)
{
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct span description;
    struct p15_description said = { 0 };
    if (is_sure(call))
        return 0;
    int result = card_read_or_empty(call, FILE_KEY_DESCRIPTION | number, bytes, &description);
    if (result)
        return card_complain(call, result, "reading the key's description");
    char *label = calloc(1, CARD_LABEL_MAX + 1);
    if (label && p15_read(P15_KEY, description, &said) && said.label.size <= CARD_LABEL_MAX)
        memcpy(label, said.label.at, said.label.size);
    free(call->own);
    call->own = label;
    return 0;
}

int key_delete_prepare(struct card_call *call, uint8_t number)
{
    char name[5], typed[80] = "";
    const char *label = call->own;
    if (is_sure(call))
        return 0;
    snprintf(name, sizeof name, "%04x", FILE_KEY | number);
    text_print(stderr, "The key %s%s%s%s will be lost for ever. Type %s to delete it: ", name,
               label && *label ? ", \"" : "", label ? label : "", label && *label ? "\"," : "",
               name);
    if (fgets(typed, sizeof typed, stdin))
        typed[strcspn(typed, "\n")] = '\0';
    return strcmp(typed, name) == 0
               ? 0
               : tool_complain(TOOL_FAILED, "that is not its number; nothing was changed");
}

int card_delete_key(struct card_call *call, uint8_t number)
{
    int result = client_delete(&call->card, FILE_KEY | number, &call->sw);
    if (!result)
        result = card_delete_if_there(call, FILE_KEY_DESCRIPTION | number);
    if (!result)
        result = card_delete_if_there(call, FILE_CERTIFICATE | number);
    return result ? card_complain(call, result, call->words[0]) : TOOL_DONE;
}

/* --- As a verb --- */

int key_delete_verb_ask(const struct card_call *call)
{
    return card_needs_with_key(call, call->words[0], 0) < 0 ? -1 : key_delete_ask(call);
}

int key_delete_verb_look(struct card_call *call)
{
    uint8_t number;
    return card_key_of(call->words[0], &number) ? key_delete_look(call, number) : TOOL_USAGE;
}

int key_delete_verb_prepare(struct card_call *call)
{
    uint8_t number;
    return card_key_of(call->words[0], &number) ? key_delete_prepare(call, number) : TOOL_USAGE;
}

int key_delete_run(struct card_call *call)
{
    uint8_t number;
    return card_key_of(call->words[0], &number) ? card_delete_key(call, number) : TOOL_USAGE;
}
