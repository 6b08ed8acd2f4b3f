/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/card/card_verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "formats/cvc.h"
#include "formats/sw.h"
#include "host/tool/card/card_session.h"
#include "host/tool/card/card_wait.h"
#include "host/tool/card/visit.h"
#include "host/tool/cli/command.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/whole_file.h"
#include "host/tool/tool.h"

/* --- Options --- */

const struct option_row card_reader_rows[] = {
    { "reader", "PART", "the reader whose name contains PART; default: the only one with a token",
      INTO_TEXT(struct card_options, reader) },
    { "token", "NAME",
      "the token with this label or serial number, as `glasshsm token list` shows them",
      INTO_TEXT(struct card_options, token) },
    { "secure", NULL,
      "through a secure channel: nobody between here and the card reads or alters it",
      INTO_FLAG(struct card_options, secure) },
    { "root", "FILE", "... to a device that this root (a CV certificate) vouches for",
      INTO_TEXT(struct card_options, root) },
    { "serial", "N",
      "only the token with this serial number; without --root the number is what the token claims",
      INTO_TEXT(struct card_options, serial) },
    OPTIONS_END,
};

const struct option_row card_json_rows[] = {
    { "json", NULL, "print JSON", INTO_FLAG(struct card_options, as_json) },
    OPTIONS_END,
};

const struct option_row card_out_rows[] = {
    { "out", "FILE", "write to this file instead of standard output",
      INTO_TEXT(struct card_out_options, out) },
    OPTIONS_END,
};

const char *card_out(const struct card_call *call)
{
    return ((const struct card_out_options *)call->options)->out;
}

const char *card_read_label(const char *value, void *to)
{
    if (strlen(value) > CARD_LABEL_MAX)
        return "a label has at most 64 bytes";
    *(const char **)to = value;
    return NULL;
}

/* Checks what an action may not say, because it runs in a session that is open. Negative: go on. */
static int check_options(const struct card_call *call)
{
    const struct card_options *options = call->options;
    const char *whole = options->secure   ? "--secure"
                        : options->serial ? "--serial"
                        : options->token  ? "--token"
                        : options->reader ? "--reader"
                                          : NULL;
    if (options->root && !options->secure)
        return usage_wrong(call->command, "--root needs --secure");
    if (call->within && whole)
        return usage_wrong(call->command,
                           "%s holds for the whole session: put it before the first --", whole);
    return -1;
}

/* --- PINs --- */

enum { NEED_PINS = NEED_LOGIN | NEED_PIN | NEED_SO_PIN | NEED_NEW_PIN | NEED_NEW_SO_PIN };

/* Reads the PINs before the card is taken, so that others are not kept from it while somebody
 * types. */
static int read_pins(struct card_call *call, int needs)
{
    if (!(needs & NEED_PINS))
        return 0;
    if (secret_init(&call->pins, 3 * CLIENT_PIN_MAX))
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    struct card_options *options = call->options;
    uint8_t *at = call->pins.at;
    int status = 0;
    options->pin.of = options->so_pin.of = options->new_pin.of = call->title;
    if (needs & NEED_NEW_SO_PIN) {
        call->options->new_pin.name = "New SO-PIN";
        call->options->new_pin.kind = CLIENT_SO_PIN;
    }
    if (needs & (NEED_LOGIN | NEED_PIN))
        status = pin_source_read(&call->options->pin, at, &call->pin);
    if (!status && needs & NEED_SO_PIN)
        status = pin_source_read(&call->options->so_pin, at + CLIENT_PIN_MAX, &call->so_pin);
    if (!status && needs & (NEED_NEW_PIN | NEED_NEW_SO_PIN))
        status = pin_source_read(&call->options->new_pin, at + 2 * CLIENT_PIN_MAX, &call->new_pin);
    return status;
}

static int log_in(struct card_call *call)
{
    /* Tells what happened since the last login. Nothing is told of a card without certificates, or
     * if no local daemon serves it. */
    struct span serial = span_of(call->device.at, call->device.size);
    const json_t *visit = serial.size ? visit_of(call->visits, serial) : NULL;
    int result = client_verify(&call->card, call->pin, &call->sw);
    if (!result && visit)
        visit_print(stderr, visit);
    return result ? card_complain_of_pin(call, CLIENT_USER_PIN, result, "login") : 0;
}

/* --- The frame --- */

static int find_needs(const struct card_call *call, const struct card_verb *verb)
{
    int needs = verb->ask ? verb->ask(call) : verb->needs;
    return needs < 0 || !call->within ? needs : needs & ~NEED_LOGIN;
}

static int get_ready(struct card_call *call, const struct card_verb *verb, int needs)
{
    int status = read_pins(call, needs);
    return !status && verb->prepare ? verb->prepare(call) : status;
}

static int run_opened(struct card_call *call, const struct card_verb *verb, int needs)
{
    SCOPED(card_wait_end) struct card_wait wait = { 0 };
    card_wait_begin(&wait);
    int status = card_open(call);
    card_wait_taken(&wait, span_of(call->device.at, call->device.size));
    if (!status && needs & NEED_LOGIN)
        status = log_in(call);
    if (!status)
        status = verb->run(call);
    card_wait_answered(&wait, call->sw);
    if (!status && verb->silent && call->options->as_json)
        status = value_print(json_object());
    return card_close(call, status);
}

/* pcscd lets nobody connect to a card that is at work, so this may wait, too. */
static int open_reader(struct card_call *call)
{
    SCOPED(card_wait_end) struct card_wait wait = { 0 };
    card_wait_begin(&wait);
    int result = reader_service_open(&call->service);
    return result ? card_no_service(result) : card_choose(call, NULL);
}

static int ready_actions(const struct card_call *call);

static int meet(struct card_call *call, const struct card_verb *verb)
{
    SCOPED(card_wait_end) struct card_wait wait = { 0 };
    card_wait_begin(&wait);
    int status = card_open(call);
    card_wait_taken(&wait, span_of(call->device.at, call->device.size));
    if (!status)
        card_read_title(call);
    if (!status && verb->look)
        status = verb->look(call);
    card_wait_answered(&wait, call->sw);
    return card_close(call, status);
}

static int run_verb(struct card_call *call, const struct card_verb *verb)
{
    int needs = find_needs(call, verb);
    if (needs < 0)
        return TOOL_USAGE;
    if (needs & NEED_NO_CARD)
        return verb->run(call);
    call->wants_version = verb->version;
    int status = card_take_root(call);
    if (!status)
        status = open_reader(call);
    if (!status && (needs & NEED_PINS || verb->prepare))
        status = meet(call, verb);
    if (!status)
        status = get_ready(call, verb, needs);
    if (!status)
        status = ready_actions(call);
    if (!status && needs & NEED_LOGIN)
        call->visits = visits_ask();
    if (!status)
        status = run_opened(call, verb, needs);
    if (verb->finish)
        verb->finish(call);
    return status;
}

static void name_pins(struct card_options *options, const struct command_line *command)
{
    options->pin.name = "User PIN";
    options->pin.kind = CLIENT_USER_PIN;
    options->so_pin.name = "SO-PIN";
    options->so_pin.kind = CLIENT_SO_PIN;
    options->new_pin.name = "New user PIN";
    options->new_pin.kind = CLIENT_USER_PIN;
    options->new_pin.twice = true;
    options->pin.command = options->so_pin.command = options->new_pin.command = command;
}

static void begin_call(struct card_call *call, struct command_line *command)
{
    call->command = command;
    call->options = command->options;
    call->words = command->operand;
    name_pins(call->options, command);
}

static void free_actions(struct card_actions *actions);

static void close_call(struct card_call *call)
{
    free_actions(call->actions);
    secret_deinit(&call->pins);
    secret_deinit(&call->secret);
    channel_wipe(&call->channel);
    json_decref(call->visits);
    call->visits = NULL;
    free(call->own);
    if (call->within)
        return;
    reader_disconnect(&call->card);
    reader_service_close(&call->service);
}

/* --- Actions within a session --- */

static const struct family *find_family(const char *name)
{
    static const struct family *const families[] = { &token_family, &pin_family,    &key_family,
                                                     &dkek_family,  &domain_family, &object_family,
                                                     &pka_family };
    for (size_t i = 0; name && i < COUNT_OF(families); i++)
        if (strcmp(families[i]->name, name) == 0)
            return families[i];
    return NULL;
}

/* An action, from when its words were understood until it has run. */
struct action {
    struct command_line command;
    struct card_call call;
    const struct card_verb *verb; /* NULL: its words were not understood */
    int needs;
};

struct card_actions {
    size_t count;
    struct action at[];
};

static void free_actions(struct card_actions *actions)
{
    for (size_t i = 0; actions && i < actions->count; i++) {
        struct action *action = &actions->at[i];
        if (action->verb && action->verb->finish)
            action->verb->finish(&action->call);
        close_call(&action->call);
        command_end(&action->command);
    }
    free(actions);
}

/* Negative: it shall be run; else the exit status. */
static int read_action(const struct card_call *outer, char **words, struct action *out)
{
    const struct family *family = find_family(words[0]);
    if (!family)
        return usage_wrong(outer->command,
                           "%s: not an action: key, object, dkek, domain, token, pin or pka",
                           words[0] ? words[0] : "nothing");
    int status = command_read(family, words + 1, &out->command);
    if (status >= 0)
        return status;
    out->call.within = true;
    begin_call(&out->call, &out->command);
    status = check_options(&out->call);
    if (status >= 0)
        return status;
    out->verb = out->command.verb->card;
    out->needs = find_needs(&out->call, out->verb);
    out->call.options->secure = outer->options->secure;
    return out->needs < 0 ? TOOL_USAGE : -1;
}

static size_t count_words(char **words)
{
    size_t count = 0;
    while (words[count])
        count++;
    return count;
}

/* Cuts off the first action's words at the next "--"; returns the words of the next action. */
static char **cut_action(char **words)
{
    char **end = words;
    while (*end && strcmp(*end, "--") != 0)
        end++;
    char **next = end + !!*end;
    *end = NULL;
    return next;
}

/* Reads all actions. Negative: all shall be run; else the exit status, which is 0 after --help. */
static int read_actions(struct card_call *call)
{
    char **words = call->command->rest;
    size_t most = count_words(words);
    int status = -1;
    call->actions = calloc(1, sizeof *call->actions + most * sizeof *call->actions->at);
    if (!call->actions)
        return tool_complain(TOOL_FAILED, "there is no memory");
    while (*words && status < 0) {
        char **next = cut_action(words);
        status = read_action(call, words, &call->actions->at[call->actions->count++]);
        words = next;
    }
    return status;
}

static int ready_actions(const struct card_call *call)
{
    int status = 0;
    for (size_t i = 0; call->actions && i < call->actions->count && !status; i++) {
        struct action *action = &call->actions->at[i];
        struct card_call *inner = &action->call;
        inner->service = call->service;
        inner->root = call->root;
        inner->device = call->device;
        inner->version = call->version;
        memcpy(inner->reader, call->reader, sizeof inner->reader);
        memcpy(inner->title, call->title, sizeof inner->title);
        if (!(action->needs & NEED_NO_CARD))
            status = get_ready(inner, action->verb, action->needs);
    }
    return status;
}

int card_run_actions(const struct card_call *call)
{
    int status = 0;
    for (size_t i = 0; call->actions && i < call->actions->count && !status; i++) {
        struct action *action = &call->actions->at[i];
        action->call.card = call->card;
        action->call.version = call->version;
        status = action->verb->run(&action->call);
    }
    return status;
}

/* --- */

int card_verb_run(struct command_line *command)
{
    SCOPED(close_call) struct card_call call = { 0 };
    begin_call(&call, command);
    int status = check_options(&call);
    if (status < 0 && command->verb->actions)
        status = read_actions(&call);
    return status < 0 ? run_verb(&call, command->verb->card) : status;
}

/* --- What verbs share --- */

int card_no_service(int result)
{
    const char *socket = getenv("PCSCLITE_CSOCK_NAME");
    int status = tool_exit_of(result, 0);
    if (result < 0)
        return tool_complain(status, "pcscd: %s", failure_last()->cause);
    if (result == READER_NO_SERVICE && socket)
        return tool_complain(status,
                             "pcscd does not answer at %s ($PCSCLITE_CSOCK_NAME): the `glasshsm "
                             "run` that made it has ended; begin another",
                             socket);
    if (result == READER_NO_SERVICE)
        return tool_complain(status,
                             "pcscd does not answer: call this inside `glasshsm run -- COMMAND`, "
                             "or start the machine's own (systemctl start pcscd.socket); "
                             "`glasshsm doctor` tells more");
    return tool_complain(status, "pcscd: %s; `glasshsm doctor` tells more", tool_exit_text(status));
}

int card_complain(const struct card_call *call, int result, const char *what)
{
    int status = tool_exit_of(result, call->sw);
    if (result < 0)
        return tool_complain(status, "%s: %s", what, failure_last()->cause);
    if (result == CLIENT_MALFORMED)
        return tool_complain(status, "%s: the answer cannot be understood", what);
    if (status == TOOL_REFUSED)
        return tool_complain(status, "%s: %04X, %s", what, call->sw, sw_text(call->sw));
    return tool_complain(status, "%s: %s", what, tool_exit_text(status));
}

int card_is_new(struct card_call *call, bool *out)
{
    int result = client_pin_state(&call->card, CLIENT_SO_PIN, &call->sw);
    *out = result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND;
    return result == CLIENT_REFUSED ? 0 : result;
}

static int complain_of_no_pin(struct card_call *call, const char *name, const char *what)
{
    bool is_new = false;
    if (!card_is_new(call, &is_new) && is_new)
        return tool_complain(TOOL_NOT_INITIALISED,
                             "%s: the token was never initialised; next: glasshsm token init --yes",
                             what);
    return tool_complain(TOOL_NOT_INITIALISED, "%s: the token has no %s", what, name);
}

int card_complain_of_pin(struct card_call *call, enum client_pin which, int result,
                         const char *what)
{
    const char *name = which == CLIENT_USER_PIN ? "user PIN" : "SO-PIN";
    int status = tool_exit_of(result, call->sw);
    unsigned tries = call->sw & 0xFu;
    if (status == TOOL_NOT_INITIALISED)
        return complain_of_no_pin(call, name, what);
    if (status == TOOL_WRONG_PIN)
        return tool_complain(status, "%s: wrong %s, %u %s left", what, name, tries,
                             tries == 1 ? "try" : "tries");
    if (status != TOOL_PIN_BLOCKED)
        return card_complain(call, result, what);
    return which == CLIENT_USER_PIN
               ? tool_complain(status, "%s: the user PIN is blocked; next: glasshsm pin unblock",
                               what)
               : tool_complain(status,
                               "%s: the SO-PIN is blocked for ever: the user PIN works as before, "
                               "but is not freed once it is blocked, and the token is never "
                               "initialised again",
                               what);
}

int card_read_or_empty(struct card_call *call, uint16_t file, uint8_t *at, struct span *out)
{
    struct writer content = writer_of(at, CLIENT_FILE_MAX + 1);
    int result = client_read(&call->card, file, &content, &call->sw);
    bool absent = result == CLIENT_REFUSED && call->sw == STATUS_FILE_NOT_FOUND;
    *out = absent ? (struct span){ 0 } : written(&content);
    return absent ? 0 : result;
}

int card_take_file(struct card_call *call, const char *path, size_t most)
{
    if (secret_init(&call->secret, most))
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    struct writer content = writer_of(call->secret.at, most);
    int status = file_take(path, &content);
    call->content = written(&content);
    return status;
}

int card_delete_if_there(struct card_call *call, uint16_t file)
{
    int result = client_delete(&call->card, file, &call->sw);
    return result == CLIENT_REFUSED && call->sw == STATUS_FILE_NOT_FOUND ? 0 : result;
}

int card_replace(struct card_call *call, uint16_t file, struct span content)
{
    uint16_t ignored;
    int result = card_delete_if_there(call, file);
    if (result)
        return result;
    result = client_write(&call->card, file, content, &call->sw);
    if (result) /* a partly written file is of no use, and takes room */
        (void)!client_delete(&call->card, file, &ignored);
    return result;
}

bool card_key_of(const char *word, uint8_t *out)
{
    uint8_t number = 0;
    uint16_t file;
    struct writer digits = writer_of(&number, 1);
    if (card_file_of(word, &file) && file_is(file, FILE_KEY))
        number = (uint8_t)file;
    else if (!hex_decode(word, &digits) || digits.size != 1)
        return false;
    if (number)
        *out = number;
    return number;
}

int card_needs_with_key(const struct card_call *call, const char *word, int needs)
{
    uint8_t ignored;
    if (card_key_of(word, &ignored))
        return needs;
    usage_wrong(call->command, "%s is no key; a key is ccNN or NN, as `glasshsm key list` shows it",
                word);
    return -1;
}

int card_no_number(const struct card_call *call, const char *word)
{
    usage_wrong(call->command, "%s is no number from 0 to 255", word);
    return -1;
}

bool card_number_of(const char *word, int *out)
{
    char *end;
    long value = strtol(word, &end, 10);
    if (*word < '0' || *word > '9' || *end || value > 255)
        return false;
    *out = (int)value;
    return true;
}

bool card_file_of(const char *word, uint16_t *out)
{
    uint8_t bytes[2];
    struct writer digits = WRITER_OF(bytes);
    if (strlen(word) != 4 || !hex_decode(word, &digits))
        return false;
    struct reader in = reader_of(written(&digits));
    *out = read_u16(&in);
    return true;
}
