/* glasshsm pin: changes and unblocks PINs. */
#include <stdio.h>

#include "host/tool/card/card_verb.h"
#include "host/tool/cli/complain.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm pin change [--so] [OPTIONS]\n"
    "       glasshsm pin unblock [--keep] [OPTIONS]\n"
    "\n"
    "change   gives the user PIN another value, with --so the SO-PIN\n"
    "unblock  sets a new user PIN with the SO-PIN and resets its tries; --keep: the tries alone\n"
    "\n" CARD_OPTIONS_USAGE;

static int needs_of_change(const struct card_call *call)
{
    return NEED_NEW_PIN | (call->options.officer ? NEED_SO_PIN : NEED_PIN);
}

static int change(struct card_call *call)
{
    bool officer = call->options.officer;
    int result = client_change_pin(&call->card, officer ? CLIENT_SO_PIN : CLIENT_USER_PIN,
                                   officer ? call->so_pin : call->pin, call->new_pin, &call->sw);
    return result ? card_complain(call, result, "changing the PIN") : TOOL_DONE;
}

static int needs_of_unblock(const struct card_call *call)
{
    return NEED_SO_PIN | (call->options.keep ? 0 : NEED_NEW_PIN);
}

static int unblock(struct card_call *call)
{
    int result = client_unblock(&call->card, call->so_pin, call->new_pin, &call->sw);
    return result ? card_complain(call, result, "unblocking the PIN") : TOOL_DONE;
}

static const struct card_verb verbs[] = {
    { .name = "change", .run = change, .silent = true, .ask = needs_of_change },
    { .name = "unblock", .run = unblock, .silent = true, .ask = needs_of_unblock },
};
const struct card_family pin_family = { "pin", usage, verbs, COUNT_OF(verbs) };

int tool_pin(int count, char **arguments)
{
    return card_verb_run(count, arguments, &pin_family);
}
