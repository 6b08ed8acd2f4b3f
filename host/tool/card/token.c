/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm token: shows what a card says of itself, initialises and labels it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/tlv.h"
#include "formats/cvc.h"
#include "formats/sw.h"
#include "formats/token_info.h"
#include "host/tool/card/card_verb.h"
#include "host/tool/card/token_list.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

struct init_options {
    struct card_options common;
    const char *label;
    int tries, shares, domains, custodians, required; /* -1: not said */
    bool yes, without_pin, together, replaceable;
};

/* --- Who the token is --- */

struct identity {
    uint8_t certificate[CLIENT_FILE_MAX + 1], info_file[CLIENT_FILE_MAX + 1];
    struct span serial;
    struct token_info info;
};

static int read_identity(struct card_call *call, struct identity *out)
{
    struct span certificate, file;
    int result = card_read_or_empty(call, FILE_DEVICE_CERTIFICATES, out->certificate, &certificate);
    if (!result)
        result = card_read_or_empty(call, FILE_TOKEN_INFO, out->info_file, &file);
    if (result)
        return card_complain(call, result, "reading who the token is");
    out->serial = cvc_serial(cvc_holder(certificate));
    if (!token_info_read(file, &out->info))
        out->info = (struct token_info){ 0 };
    return 0;
}

/* --- info --- */

/* Whether the PIN is only a placeholder: where custodians alone log in, the missing user PIN is
 * reported with no tries left, while a real PIN would be reported as blocked. */
static bool is_stand_in(const struct card_call *call)
{
    struct client_custody custody;
    uint16_t ignored;
    return call->sw == STATUS_WRONG_PIN && !client_custody(&call->card, &custody, &ignored) &&
           custody.total;
}

/* {"state": "presented"|"set"|"blocked"|"transport"|"none", "tries": n or null} */
static int pin_object(struct card_call *call, enum client_pin which, json_t **out)
{
    int result = client_pin_state(&call->card, which, &call->sw);
    if (result && result != CLIENT_REFUSED)
        return card_complain(call, result, "asking for the state of a PIN");
    bool stand_in = result && is_stand_in(call);
    bool counted = result && !stand_in && (call->sw & 0xFFF0) == STATUS_WRONG_PIN;
    const char *state = !result                                    ? "presented"
                        : counted                                  ? "set"
                        : call->sw == STATUS_BLOCKED               ? "blocked"
                        : call->sw == STATUS_USED_UP               ? "transport"
                        : stand_in || call->sw == STATUS_NOT_FOUND ? "none"
                                                                   : "unknown";
    *out = json_pack("{s:s,s:o}", "state", state, "tries",
                     counted ? json_integer(call->sw & 0xF) : json_null());
    return *out ? 0 : TOOL_FAILED;
}

/* Counts keys and files, adding to the counts. */
static int count_contents(struct card_call *call, int *out_keys, int *out_files)
{
    uint16_t files[CLIENT_FILES_MAX];
    size_t count;
    int result = client_list(&call->card, files, &count, &call->sw);
    if (result)
        return card_complain(call, result, "listing the objects");
    for (size_t i = 0; i < count; i++)
        if (file_is(files[i], FILE_KEY))
            *out_keys += files[i] != FILE_DEVICE_KEY;
        else
            ++*out_files;
    return 0;
}

/* *out is JSON null on a card that does not tell its memory. */
static int memory_object(struct card_call *call, json_t **out)
{
    struct client_memory memory;
    int result = client_memory(&call->card, &memory, &call->sw);
    if (result && result != CLIENT_REFUSED)
        return card_complain(call, result, "asking for the memory that is left");
    *out = result ? json_null()
                  : json_pack("{s:o,s:I}", "used",
                              memory.tells_used ? json_integer(memory.used) : json_null(), "free",
                              (json_int_t)memory.free);
    return *out ? 0 : TOOL_FAILED;
}

static void print_memory(const json_t *memory)
{
    const json_t *used = json_object_get(memory, "used");
    if (!json_is_object(memory))
        return;
    text_own(stdout, "memory        ");
    if (json_is_integer(used))
        text_print(stdout, "%" JSON_INTEGER_FORMAT " bytes used, ", json_integer_value(used));
    text_print(stdout, "%" PRId64 " bytes free\n", value_number(memory, "free"));
}

static bool is_state(const json_t *pin, const char *state)
{
    return strcmp(value_text(pin, "state", "?"), state) == 0;
}

/* advice: what is said of a PIN that is blocked */
static void print_pin(const char *name, const json_t *pin, const char *advice)
{
    const json_t *tries = json_object_get(pin, "tries");
    int left = (int)json_integer_value(tries);
    text_print(stdout, "%s%s", name, value_text(pin, "state", "?"));
    if (json_is_integer(tries))
        text_print(stdout, ", %d %s left", left, left == 1 ? "try" : "tries");
    if (is_state(pin, "blocked"))
        text_print(stdout, "%s", advice);
    text_own(stdout, "\n");
}

static void print_pins(const json_t *user, const json_t *officer)
{
    print_pin("user PIN      ", user,
              is_state(officer, "blocked") ? " for ever, as the SO-PIN"
                                           : "; next: glasshsm pin unblock");
    print_pin("SO-PIN        ", officer,
              " for ever: `pin unblock` and `token init` never work again");
}

static void print_texts(const json_t *info)
{
    static const char *const names[] = { "reader", "label", "serial", "manufacturer", "version" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        text_print(stdout, "%-14s", names[i]);
        terminal_text(stdout, value_span(json_object_get(info, names[i])));
        text_own(stdout, "\n");
    }
}

static void print_info(const json_t *info)
{
    print_texts(info);
    print_pins(json_object_get(info, "user_pin"), json_object_get(info, "so_pin"));
    text_print(stdout, "contents      %d keys, %d files\n", (int)value_number(info, "keys"),
               (int)value_number(info, "files"));
    print_memory(json_object_get(info, "memory"));
    if (is_state(json_object_get(info, "so_pin"), "none"))
        text_own(stdout, "never initialised; next: glasshsm token init --yes\n");
}

static json_t *info_object(const struct card_call *call, const struct identity *identity)
{
    char version[12];
    snprintf(version, sizeof version, "%u.%u", call->version.major, call->version.minor);
    return json_pack("{s:o,s:o,s:o,s:o,s:s,s:i}", "reader", text_value(span_of_text(call->reader)),
                     "label", text_value(identity->info.label), "serial",
                     text_value(identity->serial), "manufacturer",
                     text_value(identity->info.manufacturer), "version", version, "options",
                     (int)call->version.options);
}

static int add_state(struct card_call *call, json_t *info)
{
    json_t *user = NULL, *officer = NULL, *memory = NULL;
    int keys = 0, files = 0;
    int status = count_contents(call, &keys, &files);
    if (!status)
        status = pin_object(call, CLIENT_USER_PIN, &user);
    if (!status)
        status = pin_object(call, CLIENT_SO_PIN, &officer);
    if (!status)
        status = memory_object(call, &memory);
    if (status) {
        json_decref(user);
        json_decref(officer);
        return status;
    }
    json_t *state = json_pack("{s:o,s:o,s:i,s:i,s:o}", "user_pin", user, "so_pin", officer, "keys",
                              keys, "files", files, "memory", memory);
    status = state && json_object_update(info, state) == 0 ? 0 : TOOL_FAILED;
    json_decref(state);
    return status;
}

static int show_info(struct card_call *call)
{
    struct identity identity;
    int status = read_identity(call, &identity);
    if (status)
        return status;
    json_t *info = info_object(call, &identity);
    status = info ? add_state(call, info) : TOOL_FAILED;
    if (!status && call->options->as_json)
        return value_print(info);
    if (!status)
        print_info(info);
    json_decref(info);
    return status;
}

/* --- label and init --- */

static int write_label(struct card_call *call, const char *label)
{
    struct identity identity;
    int status = read_identity(call, &identity);
    if (status)
        return status;
    uint8_t bytes[256];
    struct writer file = WRITER_OF(bytes);
    struct token_info info = { .serial = identity.serial,
                               .manufacturer = identity.info.manufacturer,
                               .label = span_of_text(label) };
    token_info_write(&info, &file);
    if (file.full)
        return tool_complain(TOOL_FAILED, "the token's own names leave no room for a label");
    int result = client_write(&call->card, FILE_TOKEN_INFO, written(&file), &call->sw);
    return result ? card_complain(call, result, "writing the label") : TOOL_DONE;
}

static int needs_of_label(const struct card_call *call)
{
    if (strlen(call->words[0]) <= CARD_LABEL_MAX)
        return NEED_LOGIN;
    usage_wrong(call->command, "a label has at most %d bytes", CARD_LABEL_MAX);
    return -1;
}

static int label(struct card_call *call)
{
    return write_label(call, call->words[0]);
}

/* What is wrong with the options about custodians, as a sentence; NULL: nothing. */
static const char *wrong_custody(const struct init_options *options)
{
    bool about = options->without_pin || options->together || options->replaceable;
    if (options->custodians < 0 && options->required < 0)
        return about ? "--no-pin, --together and --replaceable are about --custodians" : NULL;
    if (options->required < 1 || options->custodians < options->required ||
        options->custodians > CLIENT_CUSTODIANS_MAX)
        return "--custodians N --required M: M is at least 1, and N at least M and at most 90";
    return options->without_pin && options->together
               ? "--no-pin or --together, not both: nobody could open the token"
               : NULL;
}

static const struct init_options *init_options_of(const struct card_call *call)
{
    return (const void *)call->options;
}

static int needs_of_init(const struct card_call *call)
{
    const struct init_options *options = init_options_of(call);
    const char *wrong = wrong_custody(options);
    if (!wrong && options->shares >= 0 && options->domains >= 0)
        wrong = "--dkek-shares or --key-domains, not both";
    if (!wrong && options->domains == 0)
        wrong = "--key-domains is at least 1; without it no key ever leaves";
    if (!wrong && !options->yes)
        wrong = "init deletes every key and object on the token: say --yes";
    if (!wrong)
        return NEED_SO_PIN | (options->without_pin ? 0 : NEED_NEW_PIN);
    usage_wrong(call->command, "%s", wrong);
    return -1;
}

/* A new token takes any SO-PIN, and keeps it: whoever types it is told so, and types it twice. */
static int look_if_new(struct card_call *call)
{
    struct pin_source *source = &call->options->so_pin;
    bool is_new = false;
    int result = card_is_new(call, &is_new);
    if (result)
        return card_complain(call, result, "asking for the state of the SO-PIN");
    if (!is_new || source->file || source->variable)
        return 0;
    source->name = "New SO-PIN";
    source->twice = true;
    tool_complain(0,
                  "this token is new: it takes any SO-PIN now, and no other afterwards. 16 "
                  "hexadecimal digits; for development 3537363231383830");
    return 0;
}

static int init(struct card_call *call)
{
    const struct init_options *options = init_options_of(call);
    struct client_wishes wishes = { call->new_pin, call->so_pin, (uint8_t)options->tries };
    if (options->shares >= 0) {
        wishes.exports = CLIENT_DKEK;
        wishes.count = (uint8_t)options->shares;
    } else if (options->domains >= 0) {
        wishes.exports = CLIENT_DOMAINS;
        wishes.count = (uint8_t)options->domains;
    }
    if (options->custodians >= 0) {
        wishes.custodians = (uint8_t)options->custodians;
        wishes.required = (uint8_t)options->required;
    }
    wishes.together = options->together;
    wishes.replaceable = options->replaceable;
    int result = client_initialize(&call->card, &wishes, &call->sw);
    if (result)
        return card_complain_of_pin(call, CLIENT_SO_PIN, result, "initialising");
    /* The card stays logged in until it is selected again, so the label needs no PIN. */
    int status = options->label ? write_label(call, options->label) : TOOL_DONE;
    return status ? status : card_run_actions(call);
}

/* --- The verbs --- */

static const struct option_row init_rows[] = {
    { "yes", NULL, "confirm that everything on the token is deleted; required",
      INTO_FLAG(struct init_options, yes) },
    { "label", "TEXT", "the token's name for people",
      INTO(struct init_options, label, card_read_label) },
    { "tries", "N", "how many tries the user PIN has, 1 to 10; default 3",
      INTO_NUMBER(struct init_options, tries, 1, 10, 3) },
    { "dkek-shares", "N",
      "keys can leave the token, encrypted under a secret of N shares; 0: under a secret made "
      "inside, so they come back into this token alone",
      INTO_NUMBER(struct init_options, shares, 0, UINT8_MAX, -1) },
    { "key-domains", "N",
      "N key domains, each with such a secret of its own; without this and --dkek-shares no key "
      "ever leaves",
      INTO_NUMBER(struct init_options, domains, 0, UINT8_MAX, -1) },
    { "custodians", "N",
      "N keys in other tokens can log in: as the user PIN does, in place of it (--no-pin), or only "
      "together with it (--together)",
      INTO_NUMBER(struct init_options, custodians, 0, UINT8_MAX, -1) },
    { "required", "M", "... of whom M have to sign",
      INTO_NUMBER(struct init_options, required, 0, UINT8_MAX, -1) },
    { "no-pin", NULL, "there is no user PIN", INTO_FLAG(struct init_options, without_pin) },
    { "together", NULL, "login needs PIN and custodians",
      INTO_FLAG(struct init_options, together) },
    { "replaceable", NULL, "one custodian can take the place of another",
      INTO_FLAG(struct init_options, replaceable) },
    OPTIONS_END,
};

static const struct verb verbs[] = {
    { .name = "info",
      .help = "shows name, version, PINs and contents, without login",
      .size = sizeof(struct card_options),
      .options = { CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = show_info, .version = true } },
    { .name = "list",
      .help = "lists every token that can be seen from here, without login: those in readers, and "
              "those of this user's private worlds and of services: label, serial number, reader, "
              "state, and the admin socket of its daemon",
      .size = sizeof(struct card_options),
      .options = { CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = token_list, .ask = token_list_ask } },
    { .name = "init",
      .operands = "[-- ACTION...]",
      .help =
          "DELETES ALL KEYS AND OBJECTS, and sets PIN and label; asks for the SO-PIN that holds, "
          "or on a token that was never initialised sets it. ACTION runs while the token is "
          "still logged in, as in -- pka register FILE...: without a PIN, custodians cannot be "
          "registered later",
      .size = sizeof(struct init_options),
      .options = { { init_rows, 0 }, CARD_SO_PIN, CARD_NEW_PIN, CARD_READER, CARD_JSON },
      .actions = true,
      .run = card_verb_run,
      .card =
          &(const struct card_verb){
              .run = init, .silent = true, .ask = needs_of_init, .look = look_if_new } },
    { .name = "label",
      .operands = "TEXT",
      .least = 1,
      .most = 1,
      .help = "gives the token another label",
      .size = sizeof(struct card_options),
      .options = { CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = label, .silent = true, .ask = needs_of_label } },
};
const struct family token_family = { "token", "show, initialise or label a token in a reader", NULL,
                                     verbs, COUNT_OF(verbs) };
