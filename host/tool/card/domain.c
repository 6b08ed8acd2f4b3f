/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm domain: key domains of a token (docs/protocol.md 9.1). */
#include <stdio.h>
#include <string.h>

#include "formats/sw.h"
#include "host/tool/card/domain_show.h"
#include "host/tool/card/group.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

static bool named(const struct card_call *call, size_t word, uint8_t *out)
{
    int number;
    if (!card_number_of(call->words[word], &number))
        return false;
    *out = (uint8_t)number;
    return true;
}

static int needs(const struct card_call *call)
{
    uint8_t ignored;
    for (size_t i = 0; call->words[i]; i++)
        if (!named(call, i, &ignored))
            return card_no_number(call, call->words[i]);
    return NEED_LOGIN;
}

static int conclude(struct card_call *call, int result, const char *what)
{
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND)
        return tool_complain(TOOL_NOT_THERE, "%s: there is no such key domain", what);
    return result ? domain_complain(call, result, what) : TOOL_DONE;
}

static int create(struct card_call *call)
{
    uint8_t number, shares;
    if (!named(call, 0, &number) || !named(call, 1, &shares))
        return TOOL_USAGE;
    return conclude(call, client_create_domain(&call->card, number, shares, &call->sw),
                    "creating the key domain");
}

static int clear(struct card_call *call)
{
    uint8_t number;
    if (!named(call, 0, &number))
        return TOOL_USAGE;
    return conclude(call, client_clear_domain(&call->card, number, &call->sw),
                    "clearing the key domain");
}

static int remove_domain(struct card_call *call)
{
    uint8_t number;
    if (!named(call, 0, &number))
        return TOOL_USAGE;
    return conclude(call, client_delete_domain(&call->card, number, &call->sw),
                    "deleting the key domain");
}

static const struct verb verbs[] = {
    { .name = "create",
      .operands = "NUMBER SHARES",
      .least = 2,
      .most = 2,
      .help = "makes a key domain. Its secret is made of SHARES shares, or inside the token if "
              "SHARES is 0",
      .size = sizeof(struct card_options),
      .options = { CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = create, .silent = true, .ask = needs } },
    { .name = "clear",
      .operands = "NUMBER",
      .least = 1,
      .most = 1,
      .help = "deletes the secret of a domain. Its keys stay, and can leave again once the same "
              "secret is imported",
      .size = sizeof(struct card_options),
      .options = { CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = clear, .silent = true, .ask = needs } },
    { .name = "delete",
      .operands = "NUMBER",
      .least = 1,
      .most = 1,
      .help = "deletes a domain to which no key belongs",
      .size = sizeof(struct card_options),
      .options = { CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = remove_domain, .silent = true, .ask = needs } },
    { .name = "member",
      .operands = "KEY [CERTIFICATES...]",
      .least = 1,
      .most = GROUP_DEVICES_MAX,
      .help = "signs with KEY (ccNN as `glasshsm key list` shows it, or NN) who belongs to a "
              "group: this token, and those whose CERTIFICATES (their file 2f02) are given. It "
              "writes the MEMBERSHIPS",
      .size = sizeof(struct card_out_options),
      .options = { CARD_OUT, CARD_PIN, CARD_READER },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = group_member,
                                         .ask = group_member_needs,
                                         .prepare = group_member_prepare } },
    { .name = "join",
      .operands = "NUMBER MEMBERSHIPS [PAPERS]",
      .least = 2,
      .most = 3,
      .help = "makes key domain NUMBER for the group of MEMBERSHIPS, and an exchange key in it. It "
              "writes PAPERS, which the other token needs. If it is given the other token's "
              "PAPERS, it also does what exchange does",
      .size = sizeof(struct card_out_options),
      .options = { CARD_OUT, CARD_PIN, CARD_READER },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = group_join,
                                         .ask = group_needs,
                                         .prepare = group_join_prepare } },
    { .name = "exchange",
      .operands = "NUMBER PAPERS",
      .least = 2,
      .most = 2,
      .help = "agrees on the domain's secret with the token whose PAPERS are given",
      .size = sizeof(struct card_options),
      .options = { CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = group_exchange,
                                         .ask = group_needs,
                                         .prepare = group_exchange_prepare } },
};
const struct family domain_family = {
    "domain", "create, clear and delete key domains; groups that share one",
    "A token initialised with --key-domains has numbered places for key domains; the keys of each "
    "leave under a secret of its own. `glasshsm dkek status` shows them.\n\n"
    "Tokens of a group share a domain's secret without anybody knowing it (docs/CUSTODY.md). A "
    "key of 256 bits, in a token of the group's signer, signs who belongs to the group.",
    verbs, COUNT_OF(verbs)
};
