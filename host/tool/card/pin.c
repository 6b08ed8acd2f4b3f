/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm pin: changes and unblocks PINs. */
#include <stdio.h>

#include "host/tool/card/card_verb.h"
#include "host/tool/cli/complain.h"
#include "host/tool/tool.h"

struct change_options {
    struct card_options common;
    bool officer;
};

struct unblock_options {
    struct card_options common;
    bool keep;
};

static bool is_officer(const struct card_call *call)
{
    return ((const struct change_options *)call->options)->officer;
}

static int needs_of_change(const struct card_call *call)
{
    return is_officer(call) ? NEED_SO_PIN | NEED_NEW_SO_PIN : NEED_PIN | NEED_NEW_PIN;
}

static int change(struct card_call *call)
{
    bool officer = is_officer(call);
    enum client_pin which = officer ? CLIENT_SO_PIN : CLIENT_USER_PIN;
    int result = client_change_pin(&call->card, which, officer ? call->so_pin : call->pin,
                                   call->new_pin, &call->sw);
    return result ? card_complain_of_pin(call, which, result, "changing the PIN") : TOOL_DONE;
}

static int needs_of_unblock(const struct card_call *call)
{
    const struct unblock_options *options = (const void *)call->options;
    return NEED_SO_PIN | (options->keep ? 0 : NEED_NEW_PIN);
}

static int unblock(struct card_call *call)
{
    int result = client_unblock(&call->card, call->so_pin, call->new_pin, &call->sw);
    return result ? card_complain_of_pin(call, CLIENT_SO_PIN, result, "unblocking the user PIN")
                  : TOOL_DONE;
}

static const struct option_row change_rows[] = {
    { "so", NULL, "the SO-PIN", INTO_FLAG(struct change_options, officer) },
    OPTIONS_END,
};

static const struct option_row unblock_rows[] = {
    { "keep", NULL, "reset the tries only; the PIN stays as it is",
      INTO_FLAG(struct unblock_options, keep) },
    OPTIONS_END,
};

static const struct verb verbs[] = {
    { .name = "change",
      .help = "changes the user PIN, or with --so the SO-PIN",
      .size = sizeof(struct change_options),
      .options = { { change_rows, 0 },
                   CARD_PIN,
                   CARD_SO_PIN,
                   CARD_NEW_PIN,
                   CARD_READER,
                   CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = change, .silent = true, .ask = needs_of_change } },
    { .name = "unblock",
      .help = "sets a new user PIN with the SO-PIN and resets its tries",
      .size = sizeof(struct unblock_options),
      .options = { { unblock_rows, 0 }, CARD_SO_PIN, CARD_NEW_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card =
          &(const struct card_verb){ .run = unblock, .silent = true, .ask = needs_of_unblock } },
};
const struct family pin_family = { "pin", "change or unblock a token's PIN", NULL, verbs,
                                   COUNT_OF(verbs) };
