/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/card/domain_show.h"

#include <stdio.h>

#include "formats/sw.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/value.h"

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
