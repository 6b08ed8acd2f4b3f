/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm pka: custodians, whose keys in tokens of their own log in to this one. The verb login is
 * in pka_login.c. */
#include <stdio.h>
#include <stdlib.h>

#include "formats/sw.h"
#include "host/tool/card/card_session.h"
#include "host/tool/card/custodian_certificates.h"
#include "host/tool/card/pka.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/whole_file.h"
#include "host/tool/tool.h"

/* --- status --- */

static int add_custodian(struct card_call *call, uint8_t place, json_t *list)
{
    uint8_t bytes[CLIENT_NAME_MAX];
    struct writer name = WRITER_OF(bytes);
    int result = client_custodian(&call->card, place, &name, &call->sw);
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND)
        return 0;
    if (result)
        return card_complain(call, result, "asking for a custodian");
    bool has_signed = call->sw == STATUS_AUTHENTICATED;
    json_array_append_new(list, json_pack("{s:i,s:o,s:b}", "place", (int)place, "name",
                                          text_value(written(&name)), "signed", has_signed));
    return 0;
}

static void print_custody(const json_t *custody)
{
    size_t index;
    const json_t *row;
    text_print(stdout, "custodians: %d of %d must sign; not registered yet: %d; have signed: %d\n",
               (int)value_number(custody, "required"), (int)value_number(custody, "total"),
               (int)value_number(custody, "missing"), (int)value_number(custody, "signed"));
    json_array_foreach(json_object_get(custody, "custodians"), index, row)
        text_print(stdout, "%3d  %-16s%s\n", (int)value_number(row, "place"),
                   value_text(row, "name", "?"), value_flag(row, "signed") ? "  signed" : "");
}

int pka_custody(struct card_call *call, struct client_custody *out)
{
    int result = client_custody(&call->card, out, &call->sw);
    if (result == CLIENT_REFUSED && call->sw == STATUS_UNKNOWN_INS)
        return tool_complain(TOOL_NOT_SUPPORTED, "this token was initialised without custodians");
    return result ? card_complain(call, result, "asking for the custodians") : 0;
}

static int status(struct card_call *call)
{
    struct client_custody custody;
    int status = pka_custody(call, &custody);
    if (status)
        return status;
    json_t *list = json_array();
    for (unsigned place = 0; place < custody.total && !status; place++)
        status = add_custodian(call, (uint8_t)place, list);
    json_t *all = json_pack("{s:i,s:i,s:i,s:i,s:o}", "total", custody.total, "missing",
                            custody.missing, "required", custody.required, "signed",
                            custody.authenticated, "custodians", list);
    if (!status && call->options->as_json)
        return value_print(all);
    if (!status)
        print_custody(all);
    json_decref(all);
    return status;
}

/* --- export --- */

static int needs_of_export(const struct card_call *call)
{
    return call->words[0] ? card_needs_with_key(call, call->words[0], 0) : 0;
}

static int export_key(struct card_call *call)
{
    struct custodian_certificates papers = { 0 };
    uint8_t bytes[CUSTODIAN_CERTIFICATES_MAX], key;
    struct writer file = WRITER_OF(bytes);
    bool named = call->words[0] && card_key_of(call->words[0], &key);
    int status = pka_prepare() ? TOOL_FAILED : custodian_of_card(call, named ? key : -1, &papers);
    if (status)
        return status;
    custodian_write(&papers, &file);
    return file.full ? tool_complain(TOOL_FAILED, "the request is too long")
                     : file_deliver(card_out(call), written(&file), 0);
}

/* --- register --- */

static const struct register_options *options_of(const struct card_call *call)
{
    return (const void *)call->options;
}

static int register_papers(struct card_call *call, const struct custodian_certificates *papers)
{
    int place = options_of(call)->place;
    struct span request = custodian_inside(papers->file.request);
    int status = custodian_introduce(call, papers);
    if (status)
        return status;
    int result = place < 0
                     ? client_register_custodian(&call->card, request, &call->sw)
                     : client_replace_custodian(&call->card, (uint8_t)place, request, &call->sw);
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_ALLOWED)
        return tool_complain(
            TOOL_NOT_ALLOWED,
            "refused: this key or name is registered already, its certificates "
            "do not fit together, or the token does not let custodians be replaced");
    if (result)
        return card_complain(call, result, "registering a custodian");
    if (!call->options->as_json)
        text_print(stdout, "registered %.*s of the token %.*s\n",
                   (int)papers->request.inner.chr.size, (const char *)papers->request.inner.chr.at,
                   (int)papers->device.chr.size, (const char *)papers->device.chr.at);
    return 0;
}

static int needs_of_register(const struct card_call *call)
{
    int wanted = options_of(call)->custodians.count + call->command->operands;
    if (wanted && (options_of(call)->place < 0 || wanted == 1))
        return options_of(call)->without_pin ? 0 : NEED_LOGIN;
    usage_wrong(call->command, wanted
                                   ? "one custodian takes the place of one"
                                   : "name the custodian to register: FILE, or --custodian READER");
    return -1;
}

/* The certificates of all keys are read before the first is registered, so that a bad file leaves
 * the token as it was. */
struct all_papers {
    size_t count;
    struct custodian_certificates at[];
};

static int take_from_reader(struct card_call *call, const struct custodian_source *source,
                            struct custodian_certificates *out)
{
    SCOPED(pka_drop_custodian) struct custodian other = { 0 };
    int status = pka_choose_custodian(call, source, &other);
    if (status)
        return status;
    status = card_open(&other.call);
    if (!status)
        status = custodian_of_card(&other.call, other.key, out);
    return card_close(&other.call, status);
}

static int prepare_register(struct card_call *call)
{
    size_t most = (size_t)(options_of(call)->custodians.count + call->command->operands);
    struct all_papers *all = calloc(1, sizeof *all + most * sizeof *all->at);
    call->own = all;
    int status = !all            ? tool_complain(TOOL_FAILED, "there is no memory")
                 : pka_prepare() ? TOOL_FAILED
                                 : 0;
    for (char **word = call->words; *word && !status; word++)
        status = custodian_take(*word, &all->at[all->count++]);
    for (int i = 0; i < options_of(call)->custodians.count && !status; i++)
        status =
            take_from_reader(call, &options_of(call)->custodians.at[i], &all->at[all->count++]);
    return status;
}

static int register_all(struct card_call *call)
{
    const struct all_papers *all = call->own;
    int status_of = 0;
    for (size_t i = 0; i < all->count && !status_of; i++)
        status_of = register_papers(call, &all->at[i]);
    return status_of || !call->options->as_json ? status_of : status(call);
}

/* --- The verbs --- */

#define FILES_MAX 200 /* that register reads at once */

static const struct option_row register_rows[] = {
    { "place", "N", "put the custodian into place N, where another one is",
      INTO_NUMBER(struct register_options, place, 0, UINT8_MAX, -1) },
    { "no-pin", NULL,
      "without login, which a token allows that has neither keys nor confidential data yet",
      INTO_FLAG(struct register_options, without_pin) },
    CUSTODIAN_ROWS(struct register_options),
    OPTIONS_END,
};

static const struct verb verbs[] = {
    { .name = "status",
      .help = "shows how many custodians there are, how many must sign, their names, and who has "
              "signed",
      .size = sizeof(struct card_options),
      .options = { CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = status } },
    { .name = "export",
      .operands = "[KEY]",
      .most = 1,
      .help = "writes public key and certificates of a custodian, for register; KEY is on the "
              "custodian's own token. sc-hsm-tool reads it, too",
      .size = sizeof(struct card_out_options),
      .options = { CARD_OUT, CARD_READER },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = export_key, .ask = needs_of_export } },
    { .name = "register",
      .operands = "[FILE...]",
      .most = FILES_MAX,
      .help = "registers keys of custodians, from files (also of sc-hsm-tool "
              "--export-for-pub-key-auth) or right from tokens in other readers",
      .size = sizeof(struct register_options),
      .options = { { register_rows, 0 }, CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = register_all,
                                         .ask = needs_of_register,
                                         .prepare = prepare_register } },
    { .name = "login",
      .operands = "[-- ACTION...]",
      .help = "logs in by signatures of custodians, whose tokens are in other readers; each needs "
              "the PIN of his own token. The actions run in the session that this opens. The login "
              "ends with them, because every program ends a login when it begins. ACTION is key, "
              "object, dkek, domain, token, pin or pka with its verb, as in: -- key wrap 01 --out "
              "FILE -- key list",
      .size = sizeof(struct login_options),
      .options = { { pka_login_rows, 0 }, CARD_PIN, CARD_READER },
      .actions = true,
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = pka_login,
                                         .version = true,
                                         .ask = pka_login_needs,
                                         .prepare = pka_login_prepare,
                                         .finish = pka_login_finish } },
};
const struct family pka_family = {
    "pka", "custodians of a token: register them, let them log in together",
    "Tokens get custodians when they are initialised: glasshsm token init --custodians N "
    "--required "
    "M.\n"
    "KEY is ccNN, as `glasshsm key list` shows it, or NN; a token with one candidate needs none.",
    verbs, COUNT_OF(verbs)
};
