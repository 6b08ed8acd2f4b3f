/* glasshsm domain: key domains of a token (docs/protocol.md 9.1). */
#include "host/tool/card/domain.h"

#include <stdio.h>
#include <string.h>

#include "formats/sw.h"
#include "host/tool/card/group.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

/* Explains 6D00. A token with one DKEK has no command that makes or deletes domains; another has no
 * domains at all. */
static int complain_of_none(const struct card_call *call, const char *what)
{
    struct client_domain domain;
    uint16_t ignored;
    if (!client_domain(&call->card, 0, &domain, &ignored))
        return tool_complain(TOOL_NOT_THERE,
                             "%s: the token was initialised with one DKEK and no places for key "
                             "domains: `glasshsm token init --key-domains N` makes some",
                             what);
    return tool_complain(TOOL_NOT_EXPORTABLE,
                         "%s: the token was initialised without a DKEK or key domains", what);
}

int domain_complain(const struct card_call *call, int result, const char *what)
{
    if (result == CLIENT_REFUSED && call->sw == STATUS_UNKNOWN_INS)
        return complain_of_none(call, what);
    if (result == CLIENT_REFUSED && call->sw == STATUS_WRONG_P1P2)
        return tool_complain(
            TOOL_NOT_THERE,
            "%s: the token has no domain of this number; how many it has is set when it "
            "is initialised: `glasshsm token init --key-domains N`",
            what);
    return card_complain(call, result, what);
}

/* --- Showing --- */

static json_t *domain_object(uint8_t number, const struct client_domain *domain)
{
    char text[2 * sizeof domain->check + 1] = "";
    struct writer check = writer_of(text, sizeof text - 1);
    bool has_secret = !domain->has_group || !span_is_zero(SPAN_OF(domain->check));
    if (!domain->outstanding && has_secret)
        write_hex(&check, SPAN_OF(domain->check));
    json_t *object = json_pack("{s:i,s:i,s:i,s:s}", "domain", number, "shares", domain->shares,
                               "missing", domain->outstanding, "check", text);
    char group[2 * CLIENT_GROUP + 1] = "";
    struct writer uid = writer_of(group, sizeof group - 1);
    write_hex(&uid, SPAN_OF(domain->group));
    if (domain->has_group)
        json_object_set_new(object, "group", json_string(group));
    return object;
}

static void print_domain(const json_t *domain)
{
    const char *check = value_text(domain, "check", ""), *group = value_text(domain, "group", NULL);
    text_print(stdout, "%6d  %6d  %7d  %-16s%s%.16s\n", (int)value_number(domain, "domain"),
               (int)value_number(domain, "shares"), (int)value_number(domain, "missing"),
               *check ? check : "-", group ? "  of group " : "", group ? group : "");
}

static int print_domains(const struct card_call *call, json_t *list)
{
    if (call->options->as_json)
        return value_print(list);
    size_t index;
    const json_t *domain;
    text_print(stdout, "domain  shares  missing  check value\n");
    json_array_foreach(list, index, domain) print_domain(domain);
    json_decref(list);
    return TOOL_DONE;
}

int domain_print_one(const struct card_call *call, uint8_t number,
                     const struct client_domain *domain)
{
    json_t *list = json_array();
    if (json_array_append_new(list, domain_object(number, domain)))
        return TOOL_FAILED;
    return print_domains(call, list);
}

/* Shows domains until the card answers 6A86: the number is beyond the last. */
int domain_status(struct card_call *call)
{
    json_t *list = json_array();
    int result = 0;
    for (unsigned i = 0; i <= UINT8_MAX; i++) {
        struct client_domain domain;
        result = client_domain(&call->card, (uint8_t)i, &domain, &call->sw);
        bool free_place = result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND;
        if (!result)
            result = json_array_append_new(list, domain_object((uint8_t)i, &domain));
        if (result && !free_place)
            break;
    }
    if (!result || (result == CLIENT_REFUSED &&
                    (call->sw == STATUS_WRONG_P1P2 || call->sw == STATUS_NOT_FOUND)))
        return print_domains(call, list);
    json_decref(list);
    return domain_complain(call, result, "asking for the key domains");
}

/* --- Changing --- */

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

static int delete (struct card_call *call)
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
      .card = &(const struct card_verb){ .run = delete, .silent = true, .ask = needs } },
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
