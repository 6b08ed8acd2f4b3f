/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm store: makes, checks, copies and destroys the stores of tokens. */
#include "host/tool/store/store.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "host/tool/card/card_verb.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

/* --- What they share --- */

struct store_order *store_order(struct command_line *command)
{
    struct store_order *order = command->options;
    tool_forbid_dumps();
    order->command = command;
    order->operands = command->operands;
    order->operand = command->operand;
    return order;
}

int store_order_open(const struct tool_place *place, struct store **out)
{
    struct store_refusal why;
    int status = tool_place_try(place, out, &why);
    return status ? tool_complain(status, "%s", why.sentence) : 0;
}

int store_order_failed(int result)
{
    if (result == STORE_FULL)
        return tool_complain(TOOL_FAILED, "no space is left on the medium");
    return tool_complain(result == FAULT_BROKEN ? TOOL_STORE_DAMAGED : TOOL_FAILED, "%s",
                         failure_last()->cause);
}

/* --- Options --- */

static const struct option_row json_rows[] = {
    { "json", NULL, "the result as one JSON object", INTO_FLAG(struct store_order, as_json) },
    OPTIONS_END,
};

static const struct option_row create_rows[] = {
    { "receipt", "FILE", "the receipt of its log is written there as well as printed",
      INTO_TEXT(struct store_order, receipt) },
    { "device-curve", "P-256|brainpoolP256r1",
      "curve of the token's own key; default: brainpoolP256r1, or with --ca its curve. The python "
      "client "
      "wants P-256",
      INTO_CHOICE(struct store_order, place.device_curve) },
    { "init", NULL,
      "initialise the token at once, with the PINs of development: user PIN " FIRST_PIN
      ", SO-PIN " FIRST_SO_PIN,
      INTO_FLAG(struct store_order, place.ready) },
    { "label", "TEXT", "... and give it this label",
      INTO(struct store_order, place.wishes.label, card_read_label) },
    { "dkek-shares", "N",
      "... and let keys leave it under a secret of N shares (0: made inside, so for this token "
      "alone)",
      INTO_NUMBER(struct store_order, place.wishes.shares, 0, UINT8_MAX, -1) },
    { "strict", NULL, "make a token without what no hardware has",
      INTO_FLAG(struct store_order, place.strict) },
    { "ca", "DIR", "the token is certified by this folder of `glasshsm ca create`",
      INTO_TEXT(struct store_order, place.authority) },
    OPTIONS_END,
};

static const struct option_row source_rows[] = {
    { "new-key-file", "FILE", "what is added; it is made if it is not there",
      INTO_TEXT(struct store_order, new_key_file) },
    { "new-passphrase-file", "FILE", "what is added",
      INTO_TEXT(struct store_order, new_passphrase_file) },
    { "name", "TEXT", "the name of the new unlock source, for the list",
      INTO_TEXT(struct store_order, name) },
    OPTIONS_END,
};

static const struct option_row rekey_rows[] = {
    { "drop-others", NULL,
      "remove all other unlock sources; without this, rekey refuses a store that has others",
      INTO_FLAG(struct store_order, drop_others) },
    OPTIONS_END,
};

static const struct option_row original_rows[] = {
    { "store", "DIR", "copies the token that lies there, which is not running",
      INTO_TEXT(struct store_order, place.folder) },
    { "socket", "PATH", "copies the running token with this admin socket; default $GLASSHSM_SOCKET",
      INTO_TEXT(struct store_order, running.socket) },
    { "token", "NAME", "... or the one of this name", INTO_TEXT(struct store_order, running.name) },
    { "allow-clone", NULL, "copy a token although its keys cannot leave it by any command",
      INTO_FLAG(struct store_order, allow_clone) },
    OPTIONS_END,
};

static const struct option_row destroy_rows[] = {
    { "yes", NULL, "do not ask for the label", INTO_FLAG(struct store_order, yes) },
    OPTIONS_END,
};

/* --- The verbs --- */

#define UNLOCK OPTION_GROUP(unlock_rows, offsetof(struct store_order, place))
#define JSON   OPTION_GROUP(json_rows, 0)

#define CALL(word, arguments, from, up_to, function)                                               \
    .name = word, .operands = arguments, .least = from, .most = up_to,                             \
    .size = sizeof(struct store_order), .run = function

static const struct verb verbs[] = {
    { CALL("create", "DIR", 1, 1, store_create_verb),
      .options = { OPTION_GROUP(create_rows, 0), UNLOCK, JSON },
      .help = "makes the folder DIR with a new, empty token in it, unlocked by the key file "
              "DIR/seal.key" },
    { CALL("verify", "DIR", 1, 1, store_verify_verb), .options = { UNLOCK, JSON },
      .help = "checks everything about a store that is not running: every record of the log, every "
              "object; changes nothing" },
    { CALL("list", "[FOLDER]", 0, 1, store_list_verb), .options = { UNLOCK, JSON },
      .help = "shows the stores and snapshots in FOLDER (/var/lib/glasshsm)" },
    { CALL("unlock-source", "list|add|remove DIR [NUMBER]", 2, 3, store_sources_verb),
      .options = { OPTION_GROUP(source_rows, 0), UNLOCK, JSON },
      .help = "shows what opens a store, adds another (--new-...), or removes NUMBER; the last one "
              "stays" },
    { CALL("strict", "DIR [on|off]", 1, 2, store_strict_verb), .options = { UNLOCK, JSON },
      .help =
          "shows, or with on or off sets, whether the token does without what no hardware has "
          "(Ed25519 and the like, files of the log). It cannot be on while the audit is forced" },
    { CALL("rekey", "DIR", 1, 1, store_rekey_verb),
      .options = { OPTION_GROUP(rekey_rows, 0), UNLOCK, JSON },
      .help = "renews the root secret, for the unlock source that is given alone; keys and objects "
              "are not touched" },
    { CALL("snapshot", "FILE", 1, 1, store_snapshot_verb),
      .options = { OPTION_GROUP(original_rows, 0), UNLOCK, JSON },
      .help = "copies a token, running or not, into FILE; what opens the token opens FILE" },
    { CALL("restore", "FILE DIR", 2, 2, store_restore_verb), .options = { UNLOCK, JSON },
      .help = "makes a token in DIR from a snapshot; its log records that it was restored" },
    { CALL("clone", "DIR", 1, 1, store_clone_verb),
      .options = { OPTION_GROUP(original_rows, 0), UNLOCK, JSON },
      .help = "makes a copy of a token in DIR: snapshot and restore at once" },
    { CALL("destroy", "DIR", 1, 1, store_destroy_verb),
      .options = { OPTION_GROUP(destroy_rows, 0), UNLOCK, JSON },
      .help = "overwrites and removes a store, after the label of its token was typed" },
};
const struct family store_family = { "store", "make, check, copy and destroy the stores of tokens",
                                     NULL, verbs, COUNT_OF(verbs) };
