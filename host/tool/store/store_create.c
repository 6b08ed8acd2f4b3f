/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm store create: makes the store of a new token. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "formats/checkpoint.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/draft.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/store/store.h"

static void say_what_next(const struct tool_place *place)
{
    const char *folder = place->folder;
    text_print(stdout, "created %s/token.db, a new token\n", folder);
    if (place->passphrase_file)
        text_print(stdout, "unlocked by the passphrase in %s: without it, the keys are lost\n",
                   place->passphrase_file);
    else
        text_print(
            stdout,
            "unlocked by %s%s: back it up apart from the store; whoever has both has the keys\n",
            place->key_file ? place->key_file : folder, place->key_file ? "" : "/seal.key");
    if (place->ready)
        text_print(stdout, "initialised with the PINs of development: user PIN %s, SO-PIN %s\n",
                   FIRST_PIN, FIRST_SO_PIN);
    text_print(stdout, "next: glasshsm run --store %s%s%s -- %s\n", folder,
               place->passphrase_file ? " --passphrase-file " : "",
               place->passphrase_file ? place->passphrase_file : "",
               place->ready ? "pkcs11-tool -L" : "glasshsm token init --yes");
}

/* The path of a file: the one that was named, or the usual one in the store's folder. */
static json_t *file_in(const struct tool_place *place, const char *named, const char *usual)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", place->folder, usual);
    return text_value(span_of_text(named ? named : path));
}

/* The files that were made, as an object; the key file is null when a passphrase unlocks the
 * store. */
static json_t *files_made(const struct tool_place *place, struct span receipt)
{
    return json_pack(
        "{s:o,s:o,s:o,s:o,s:s%}", "store", text_value(span_of_text(place->folder)), "key_file",
        place->passphrase_file ? json_null() : file_in(place, place->key_file, "seal.key"),
        "passphrase_file",
        place->passphrase_file ? text_value(span_of_text(place->passphrase_file)) : json_null(),
        "anchor", file_in(place, place->anchor, "anchor"), "receipt", (const char *)receipt.at,
        receipt.size);
}

static int keep_receipt(struct span receipt, const char *path)
{
    SCOPED(draft_drop) struct draft draft = { 0 };
    if (!draft_begin(&draft, path, DRAFT_NEW))
        return TOOL_FAILED;
    fwrite(receipt.at, 1, receipt.size, draft.file);
    return draft_place(&draft);
}

static int say_what_was_made(const struct store_order *order, struct span receipt)
{
    if (order->as_json)
        return value_print(files_made(&order->place, receipt));
    say_what_next(&order->place);
    text_own(stdout, "receipt of its log, to be kept apart from this machine:\n");
    text_lines(stdout, receipt);
    return TOOL_DONE;
}

/* Prints the receipt, which is the only thing that later tells this token from another put in its
 * place. */
int store_create_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    uint8_t bytes[RECEIPT_MAX];
    struct writer receipt = WRITER_OF(bytes);
    const char *curve = order->place.device_curve;
    if (curve && order->place.authority)
        return usage_wrong(order->command, "--device-curve is the authority's with --ca");
    if (!order->place.ready && (order->place.wishes.label || order->place.wishes.shares >= 0))
        return usage_wrong(order->command, "--label and --dkek-shares are for --init");
    order->place.folder = order->operand[0];
    int status = tool_place_create_token(&order->place, &receipt);
    if (!status && order->receipt)
        status = keep_receipt(written(&receipt), order->receipt);
    return status ? status : say_what_was_made(order, written(&receipt));
}
