#include "host/tool/card/card_verb.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "formats/cvc.h"
#include "formats/sw.h"
#include "host/tool/card/card_session.h"
#include "host/tool/card/visit.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/whole_file.h"

/* --- Options --- */

enum {
    OPTION_HELP = 'h',
    OPTION_TRIES = 256,
    OPTION_JSON,
    OPTION_YES,
    OPTION_SO,
    OPTION_KEEP,
    OPTION_RAW,
    OPTION_SECURE,
    OPTION_ROOT,
    OPTION_SERIAL,
    OPTION_NUMBER,
    OPTION_CUSTODIAN,
    OPTION_CUSTODIAN_FILE,
    OPTION_CUSTODIAN_ENV,
    OPTION_CUSTODIAN_ROOT,
    OPTION_CUSTODIAN_SERIAL,
    OPTION_NO_PIN,
    OPTION_TOGETHER,
    OPTION_REPLACEABLE,
    OPTION_DERIVE,
};

static const struct option long_options[] = {
    { "reader", required_argument, NULL, 0 },
    { "pin-file", required_argument, NULL, 0 },
    { "pin-env", required_argument, NULL, 0 },
    { "so-pin-file", required_argument, NULL, 0 },
    { "so-pin-env", required_argument, NULL, 0 },
    { "new-pin-file", required_argument, NULL, 0 },
    { "new-pin-env", required_argument, NULL, 0 },
    { "label", required_argument, NULL, 0 },
    { "out", required_argument, NULL, 0 },
    { "password-file", required_argument, NULL, 0 },
    { "password-env", required_argument, NULL, 0 },
    { "dkek-shares", required_argument, NULL, OPTION_NUMBER },
    { "key-domains", required_argument, NULL, OPTION_NUMBER },
    { "domain", required_argument, NULL, OPTION_NUMBER },
    { "threshold", required_argument, NULL, OPTION_NUMBER },
    { "total", required_argument, NULL, OPTION_NUMBER },
    { "root", required_argument, NULL, OPTION_ROOT },
    { "serial", required_argument, NULL, OPTION_SERIAL },
    { "secure", no_argument, NULL, OPTION_SECURE },
    { "custodians", required_argument, NULL, OPTION_NUMBER },
    { "required", required_argument, NULL, OPTION_NUMBER },
    { "place", required_argument, NULL, OPTION_NUMBER },
    { "custodian", required_argument, NULL, OPTION_CUSTODIAN },
    { "custodian-pin-file", required_argument, NULL, OPTION_CUSTODIAN_FILE },
    { "custodian-pin-env", required_argument, NULL, OPTION_CUSTODIAN_ENV },
    { "custodian-root", required_argument, NULL, OPTION_CUSTODIAN_ROOT },
    { "custodian-serial", required_argument, NULL, OPTION_CUSTODIAN_SERIAL },
    { "no-pin", no_argument, NULL, OPTION_NO_PIN },
    { "together", no_argument, NULL, OPTION_TOGETHER },
    { "replaceable", no_argument, NULL, OPTION_REPLACEABLE },
    { "derive", no_argument, NULL, OPTION_DERIVE },
    { "raw-share", no_argument, NULL, OPTION_RAW },
    { "tries", required_argument, NULL, OPTION_TRIES },
    { "json", no_argument, NULL, OPTION_JSON },
    { "yes", no_argument, NULL, OPTION_YES },
    { "so", no_argument, NULL, OPTION_SO },
    { "keep", no_argument, NULL, OPTION_KEEP },
    { "help", no_argument, NULL, OPTION_HELP },
    { 0 },
};

static void take_text(struct card_options *options, int index)
{
    const char **const targets[] = {
        &options->reader,
        &options->pin.file,
        &options->pin.variable,
        &options->so_pin.file,
        &options->so_pin.variable,
        &options->new_pin.file,
        &options->new_pin.variable,
        &options->label,
        &options->file,
        &options->password.file,
        &options->password.variable,
    };
    *targets[index] = optarg;
}

/* Takes the argument of the option called name, a number that fits into a byte. */
static bool take_number(struct card_options *options, const char *name)
{
    const struct {
        const char *name;
        int *to;
    } targets[] = { { "dkek-shares", &options->shares }, { "key-domains", &options->domains },
                    { "domain", &options->domain },      { "threshold", &options->threshold },
                    { "total", &options->total },        { "custodians", &options->custodians },
                    { "required", &options->required },  { "place", &options->place } };
    int value;
    for (size_t i = 0; i < COUNT_OF(targets); i++)
        if (strcmp(targets[i].name, name) == 0 && card_number_of(optarg, &value)) {
            *targets[i].to = value;
            return true;
        }
    return false;
}

static bool add_custodian(struct card_options *options)
{
    if (options->custodian_count == CUSTODIANS_AT_ONCE)
        return false;
    options->custodian[options->custodian_count++] =
        (struct custodian_source){ optarg, { .name = "PIN", .kind = CLIENT_USER_PIN } };
    return true;
}

/* --custodian-... options belong to the custodian that --custodian named last. */
static bool take_custodian(int option, struct card_options *options)
{
    if (option == OPTION_CUSTODIAN)
        return add_custodian(options);
    if (!options->custodian_count)
        return false;
    struct custodian_source *last = &options->custodian[options->custodian_count - 1];
    *(option == OPTION_CUSTODIAN_FILE   ? &last->pin.file
      : option == OPTION_CUSTODIAN_ENV  ? &last->pin.variable
      : option == OPTION_CUSTODIAN_ROOT ? &last->root
                                        : &last->serial) = optarg;
    return true;
}

static bool take_option(int option, int index, struct card_options *options)
{
    switch (option) {
    case OPTION_CUSTODIAN:
    case OPTION_CUSTODIAN_FILE:
    case OPTION_CUSTODIAN_ENV:
    case OPTION_CUSTODIAN_ROOT:
    case OPTION_CUSTODIAN_SERIAL:
        return take_custodian(option, options);
    case OPTION_NO_PIN:
        return options->without_pin = true;
    case OPTION_TOGETHER:
        return options->together = true;
    case OPTION_REPLACEABLE:
        return options->replaceable = true;
    case OPTION_DERIVE:
        return options->derive = true;
    case 0:
        take_text(options, index);
        return true;
    case OPTION_TRIES:
        return card_number_of(optarg, &options->tries) && options->tries >= 1 &&
               options->tries <= 10;
    case OPTION_JSON:
        return options->as_json = true;
    case OPTION_YES:
        return options->yes = true;
    case OPTION_SO:
        return options->officer = true;
    case OPTION_KEEP:
        return options->keep = true;
    case OPTION_RAW:
        return options->raw = true;
    case OPTION_SECURE:
        return options->secure = true;
    case OPTION_ROOT:
        options->root = optarg;
        return true;
    case OPTION_SERIAL:
        options->serial = optarg;
        return true;
    case OPTION_NUMBER:
        return take_number(options, long_options[index].name);
    default:
        return false;
    }
}

/* Sets the PINs' names and references; those of the new PIN depend on --so. */
static void name_pins(struct card_options *options)
{
    enum client_pin changed = options->officer ? CLIENT_SO_PIN : CLIENT_USER_PIN;
    options->pin.name = "User PIN";
    options->pin.kind = CLIENT_USER_PIN;
    options->so_pin.name = "SO-PIN";
    options->so_pin.kind = CLIENT_SO_PIN;
    options->new_pin.name = options->officer ? "New SO-PIN" : "New user PIN";
    options->new_pin.kind = changed;
    options->new_pin.twice = true;
    options->password.name = "Password of the share";
}

/* --- PINs --- */

enum { NEED_PINS = NEED_LOGIN | NEED_PIN | NEED_SO_PIN | NEED_NEW_PIN };

/* Reads the PINs before the card is taken, so that others are not kept from it while somebody
 * types. */
static int read_pins(struct card_call *call, int needs)
{
    if (!(needs & NEED_PINS))
        return 0;
    if (secret_init(&call->pins, 3 * CLIENT_PIN_MAX))
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    uint8_t *at = call->pins.at;
    int status = 0;
    if (needs & (NEED_LOGIN | NEED_PIN))
        status = pin_source_read(&call->options.pin, at, &call->pin);
    if (!status && needs & NEED_SO_PIN)
        status = pin_source_read(&call->options.so_pin, at + CLIENT_PIN_MAX, &call->so_pin);
    if (!status && needs & NEED_NEW_PIN)
        status = pin_source_read(&call->options.new_pin, at + 2 * CLIENT_PIN_MAX, &call->new_pin);
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
    return result ? card_complain(call, result, "login") : 0;
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
    int status = card_open(call);
    if (!status && needs & NEED_LOGIN)
        status = log_in(call);
    if (!status)
        status = verb->run(call);
    if (!status && verb->silent && call->options.as_json)
        status = card_print_json(json_object());
    return card_close(call, status);
}

static int open_reader(struct card_call *call)
{
    int result = reader_service_open(&call->service);
    return result ? card_complain(call, result, "pcscd") : card_choose(call, NULL);
}

static int ready_actions(const struct card_call *call);

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
        status = card_meet(call);
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

static const struct card_verb *find_verb(const char *name, const struct card_family *family)
{
    for (size_t i = 0; name && i < family->count; i++)
        if (strcmp(family->verbs[i].name, name) == 0)
            return &family->verbs[i];
    return NULL;
}

static const struct card_options nothing_said = {
    .tries = 3,
    .shares = -1,
    .domains = -1,
    .domain = -1,
    .threshold = -1,
    .total = -1,
    .custodians = -1,
    .required = -1,
    .place = -1,
};

/* Reads the command line into *out. Negative: it shall be run; else the exit status. */
static int read_call(int count, char **arguments, const struct card_family *family,
                     struct card_call *call, const struct card_verb **out)
{
    int index = 0;
    optind = 0; /* restarts getopt: an action's options are read within another command line */
    for (int option; (option = getopt_long(count, arguments, "h", long_options, &index)) != -1;) {
        if (option == OPTION_HELP)
            return text_own(stdout, family->usage) ? TOOL_DONE : TOOL_FAILED;
        if (!take_option(option, index, &call->options))
            return tool_misused(family->usage);
    }
    const struct card_verb *verb = find_verb(arguments[optind], family);
    int words = count - optind - 1;
    if (!verb || words < verb->words_min || words > verb->words_max)
        return tool_misused(family->usage);
    if (call->options.label && strlen(call->options.label) > CARD_LABEL_MAX)
        return tool_complain(TOOL_USAGE, "a label has at most %d bytes", CARD_LABEL_MAX);
    if (call->options.root && !call->options.secure)
        return tool_complain(TOOL_USAGE, "--root is for --secure");
    if (call->within && call->options.secure)
        return tool_complain(TOOL_USAGE,
                             "--secure holds for the whole session: put it before the first --");
    if (call->within && call->options.serial)
        return tool_complain(TOOL_USAGE,
                             "--serial holds for the whole session: put it before the first --");
    call->words = arguments + optind + 1;
    name_pins(&call->options);
    *out = verb;
    return -1;
}

/* --- Actions within a session --- */

static const struct card_family *find_family(const char *name)
{
    static const struct card_family *const families[] = { &token_family,  &pin_family,
                                                          &key_family,    &dkek_family,
                                                          &domain_family, &object_family,
                                                          &pka_family };
    for (size_t i = 0; name && i < COUNT_OF(families); i++)
        if (strcmp(families[i]->name, name) == 0)
            return families[i];
    return NULL;
}

/* An action, from when its words were understood until it has run. */
struct action {
    struct card_call call;
    const struct card_verb *verb;
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
    }
    free(actions);
}

static int read_action(const struct card_call *outer, int count, char **words, struct action *out)
{
    const struct card_family *family = find_family(words[0]);
    if (!family)
        return tool_complain(TOOL_USAGE,
                             "%s: not an action: key, object, dkek, domain, token, pin or pka",
                             count ? words[0] : "nothing");
    out->call.options = nothing_said;
    out->call.within = true;
    int status = read_call(count, words, family, &out->call, &out->verb);
    if (status >= 0)
        return status;
    out->needs = find_needs(&out->call, out->verb);
    out->call.options.secure = outer->options.secure;
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
static char **cut_action(char **words, int *out_count)
{
    char **end = words;
    while (*end && strcmp(*end, "--") != 0)
        end++;
    *out_count = (int)(end - words);
    char **next = end + !!*end;
    *end = NULL;
    return next;
}

/* Reads all actions. Negative: all shall be run; else the exit status, which is 0 after --help. */
static int read_actions(struct card_call *call)
{
    char **words = call->words;
    size_t most = count_words(words);
    int status = -1, count;
    call->actions = calloc(1, sizeof *call->actions + most * sizeof *call->actions->at);
    if (!call->actions)
        return tool_complain(TOOL_FAILED, "there is no memory");
    while (*words && status < 0) {
        char **next = cut_action(words, &count);
        status = read_action(call, count, words, &call->actions->at[call->actions->count++]);
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

int card_verb_run(int count, char **arguments, const struct card_family *family)
{
    SCOPED(close_call) struct card_call call = { .options = nothing_said };
    const struct card_verb *verb;
    int status = read_call(count, arguments, family, &call, &verb);
    if (status < 0 && verb->actions)
        status = read_actions(&call);
    return status < 0 ? run_verb(&call, verb) : status;
}

/* --- What verbs share --- */

int card_complain(const struct card_call *call, int result, const char *what)
{
    int status = tool_exit_of(result, call->sw);
    if (result < 0)
        return tool_complain(status, "%s: %s", what, failure_last()->cause);
    if (result == CLIENT_MALFORMED)
        return tool_complain(status, "%s: the answer cannot be understood", what);
    if (status == TOOL_WRONG_PIN)
        return tool_complain(status, "%s: wrong PIN, %u tries left", what, call->sw & 0xFu);
    if (status == TOOL_REFUSED)
        return tool_complain(status, "%s: %04X, %s", what, call->sw, sw_text(call->sw));
    return tool_complain(status, "%s: %s", what, tool_exit_text(status));
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

int card_print_json(json_t *value)
{
    int status = text_json(stdout, value);
    json_decref(value);
    return status;
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

int card_needs_with_key(const char *word, int needs)
{
    uint8_t ignored;
    if (card_key_of(word, &ignored))
        return needs;
    tool_complain(TOOL_USAGE, "%s is no key: ccNN, as `glasshsm key list` shows it", word);
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
