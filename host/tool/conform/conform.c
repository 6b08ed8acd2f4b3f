/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: compares a card in a reader with the one that docs/protocol.md describes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "formats/cvc.h"
#include "formats/sw.h"
#include "host/tool/card/card_session.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/conform/conform_computed.h"
#include "host/tool/conform/conform_report.h"
#include "host/tool/conform/conform_state.h"
#include "host/tool/tool.h"

struct order {
    const char *reader;
    struct pin_source so_pin;
    bool destructive, yes, as_json;
};

/* --- The reader --- */

struct search {
    const struct card_call *call;
    const char *part;
    unsigned cards;
    char *name;
};

/* Considers a reader. When the user names one, any card may be in it, because other emulations have
 * another ATR. */
static void consider(void *context, const char *name)
{
    struct search *search = context;
    uint8_t bytes[64];
    struct writer atr = WRITER_OF(bytes);
    if (!strstr(name, search->part) || reader_atr(&search->call->service, name, &atr))
        return;
    if (search->cards++ == 0)
        snprintf(search->name, READER_NAME_SIZE, "%s", name);
}

static int find_reader(struct card_call *call, const char *part)
{
    if (!part)
        return card_choose(call, NULL);
    struct search search = { call, part, 0, call->reader };
    int result = reader_each(&call->service, consider, &search);
    if (result && result != READER_NONE)
        return card_complain(call, result, "listing the readers");
    if (search.cards == 1) {
        result = reader_connect(&call->service, call->reader, &call->card);
        return result ? card_complain(call, result, call->reader) : 0;
    }
    if (!search.cards)
        return tool_complain(TOOL_NO_READER, "no reader called %s with a card in it", part);
    return tool_complain(TOOL_AMBIGUOUS, "%u readers called %s have a card", search.cards, part);
}

static int open_card(struct card_call *call, const struct order *order)
{
    int result = reader_service_open(&call->service);
    if (result)
        return card_no_service(result);
    int status = find_reader(call, order->reader);
    if (status)
        return status;
    result = client_select(&call->card, &call->sw);
    return result ? card_complain(call, result, "selecting the application") : 0;
}

static void close_card(struct card_call *call)
{
    reader_disconnect(&call->card);
    reader_service_close(&call->service);
}

/* --- What the card says of itself --- */

static json_t *printable(struct span bytes)
{
    return bytes.size ? text_value(bytes) : json_null();
}

static json_t *serial_of(struct card_call *call)
{
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct span certificates;
    int result = card_read_or_empty(call, FILE_DEVICE_CERTIFICATES, bytes, &certificates);
    return result ? json_null() : printable(cvc_serial(cvc_holder(certificates)));
}

/* Asks for free memory with INITIALIZE without data, whose answer begins with it in four bytes. */
static json_t *free_memory_of(struct card_call *call)
{
    static const uint8_t query[] = { 0x80, 0x50, 0x00, 0x00, 0x00 };
    uint8_t answer[READER_ANSWER_SIZE];
    struct writer out = WRITER_OF(answer);
    int result = reader_transmit(&call->card, SPAN_OF(query), &out);
    struct reader in = reader_of(span_part(written(&out), 0, 4));
    uint32_t memory = read_u32(&in);
    bool good = !result && out.size >= 8 && answer[out.size - 2] == 0x90;
    return good ? json_integer(memory) : json_null();
}

static json_t *atr_of(struct card_call *call)
{
    uint8_t bytes[64];
    struct writer atr = WRITER_OF(bytes);
    char digits[2 * sizeof bytes + 1] = "";
    struct writer text = writer_of(digits, sizeof digits - 1);
    int result = reader_atr(&call->service, call->reader, &atr);
    write_hex(&text, written(&atr));
    return result ? json_null() : json_string(digits);
}

/* Describes the card; one that does not tell its version may be an emulation. */
static json_t *describe(struct card_call *call)
{
    char version[12], options[8];
    bool known = client_describe(&call->card, &call->version, &call->sw) == 0;
    snprintf(version, sizeof version, "%u.%u", call->version.major, call->version.minor);
    snprintf(options, sizeof options, "%04x", call->version.options);
    return json_pack("{s:o,s:o,s:o,s:s?,s:s?,s:o,s:o}", "reader",
                     text_value(span_of_text(call->reader)), "atr", atr_of(call), "serial",
                     serial_of(call), "version", known ? version : NULL, "options",
                     known ? options : NULL, "platform",
                     known ? json_integer(call->version.platform) : json_null(), "free_memory",
                     free_memory_of(call));
}

static bool is_new(struct card_call *call)
{
    int result = client_pin_state(&call->card, CLIENT_SO_PIN, &call->sw);
    return result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND;
}

/* --- The two runs --- */

/* Both runs return 0 or a result of conform_play(), and complete the report. */
static int play_both(struct conform *p, bool fresh)
{
    int result = fresh ? conform_play(p, CONFORM_OF_NEW) : 0;
    return result ? result : conform_play(p, CONFORM_OF_ANY);
}

static int compare(struct conform *p, const struct conform_state *before,
                   struct conform_state *after, json_t *report)
{
    int result = conform_reset(p->call, false);
    if (!result)
        result = conform_state_take(p->call, after);
    if (result)
        return result;
    json_t *state = json_pack("{s:i,s:o}", "compared", (int)before->count, "changed",
                              conform_state_changes(before, after));
    return json_object_set_new(report, "state", state) ? failure(FAULT_MEMORY, "a report") : 0;
}

static int play_safe(struct conform *p, json_t *report)
{
    struct conform_state *states = calloc(2, sizeof *states);
    if (!states)
        return failure(FAULT_MEMORY, "the state of a card");
    int result = conform_state_take(p->call, &states[0]);
    if (!result)
        result = play_both(p, is_new(p->call));
    int compared = compare(p, &states[0], &states[1], report);
    free(states);
    return result ? result : compared;
}

/* Describes in a sentence the state in which the token is left; left: the result of its last
 * INITIALIZE. */
static json_t *describe_left(const struct conform *p, int left)
{
    const struct hex_text so_pin = hex_of(SPAN_OF(p->so_pin));
    if (!left)
        return json_sprintf(
            "The token is initialised, without keys and objects: user PIN %s, "
            "SO-PIN %s.",
            CONFORM_USER_PIN, so_pin.text);
    return json_sprintf(
        "What the token holds is not known: take its keys and objects for "
        "deleted, its user PIN for any that the suite sets, and initialise it; "
        "its SO-PIN was %s when it answered last.",
        so_pin.text);
}

static void note_left(const struct conform *p, int left, json_t *report)
{
    json_t *pins = left ? json_null()
                        : json_pack("{s:s,s:s}", "user_pin", CONFORM_USER_PIN, "so_pin",
                                    hex_of(SPAN_OF(conform_so_pin)).text);
    json_object_set_new(report, "left", pins);
    json_object_set_new(report, "token", describe_left(p, left));
}

/* Notes in the report that the card was not changed, because the run could not begin. */
static void note_untouched(int result, json_t *report)
{
    const char *text = result == CLIENT_REFUSED
                           ? "The token is as it was, but for a try of its SO-PIN."
                           : "The token is as it was, but its SO-PIN may be "
                             "3537363231383830 now.";
    json_object_set_new(report, "token", json_string(text));
}

/* Plays everything on a card with this SO-PIN, and leaves it with that of the transcripts, also
 * when a signal ends the run, but not when the card is gone. */
static int play_all(struct conform *p, struct span so_pin, json_t *report)
{
    struct card_call *call = p->call;
    bool fresh = !so_pin.size;
    int result = fresh ? 0
                       : client_change_pin(&call->card, CLIENT_SO_PIN, so_pin,
                                           SPAN_OF(conform_so_pin), &call->sw);
    if (result) {
        note_untouched(result, report);
        return result;
    }
    result = play_both(p, fresh);
    if (!result)
        result = conform_play_computed(p);
    int left = conform_initialise(p);
    note_left(p, left, report);
    return result ? result : left;
}

/* --- The outcome --- */

static const char *why_stopped(int result)
{
    if (result < 0)
        return failure_last()->cause;
    if (result == CONFORM_STUCK)
        return "it cannot be initialised with the development values again, or the SO-PIN has few "
               "tries left";
    if (result == CONFORM_INTERRUPTED)
        return "it was interrupted";
    return result == CLIENT_REFUSED ? "the card refused" : "the card went away";
}

static void note_stop(struct conform *p, int result, json_t *report)
{
    char place[64] = "the beginning";
    if (p->last_line)
        snprintf(place, sizeof place, "%s:%u", p->file, p->last_line);
    json_object_set_new(report, "stopped",
                        json_pack("{s:s,s:s}", "after", place, "why", why_stopped(result)));
}

static int exit_of(const struct conform *p, int result, const json_t *report)
{
    const json_t *changed = json_object_get(json_object_get(report, "state"), "changed");
    if (json_array_size(changed))
        return TOOL_TRACES;
    if (result == CONFORM_STUCK || result == CONFORM_INTERRUPTED)
        return tool_complain(TOOL_NOT_ALLOWED, "%s", why_stopped(result));
    if (result)
        return card_complain(p->call, result, p->call->reader);
    return p->different || p->unsent ? TOOL_DIFFERENT : TOOL_DONE;
}

/* Prints on standard error how the token is left, also for a user who sends the report to a
 * file. */
static void say_left(const json_t *report)
{
    const char *left = value_text(report, "token", NULL);
    if (left)
        text_print(stderr, "glasshsm: %s\n", left);
}

static int print(json_t *report, bool as_json)
{
    if (as_json)
        return value_print(report);
    conform_print(report);
    json_decref(report);
    return TOOL_DONE;
}

/* Runs while a transaction keeps other programs from the card. */
static int play(struct card_call *call, const struct order *order, struct span so_pin)
{
    SCOPED(conform_deinit) struct conform p = { 0 };
    json_t *report = describe(call);
    int result =
        report ? conform_init(&p, call, !order->destructive) : failure(FAULT_MEMORY, "a report");
    if (result) {
        json_decref(report);
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    }
    result = order->destructive ? play_all(&p, so_pin, report) : play_safe(&p, report);
    json_object_set_new(report, "mode", json_string(order->destructive ? "destructive" : "safe"));
    json_object_set_new(report, "cases", conform_counts(&p));
    json_object_set(report, "choices", p.choices);
    json_object_set(report, "hardware", p.facts);
    json_object_set(report, "differences", p.differences);
    if (result)
        note_stop(&p, result, report);
    int status = exit_of(&p, result, report);
    if (result)
        say_left(report);
    int printed = print(report, order->as_json);
    return printed ? printed : status;
}

/* --- The order --- */

/* Whether the user confirmed, by typing the serial number of the token that will be overwritten. */
static bool confirmed(struct card_call *call)
{
    char typed[80] = "";
    json_t *value = serial_of(call);
    const char *serial = json_string_value(value) ? json_string_value(value) : "yes";
    text_print(stderr,
               "Everything on the token in %s will be lost. Type its serial number, \"%s\": ",
               call->reader, serial);
    if (fgets(typed, sizeof typed, stdin))
        typed[strcspn(typed, "\n")] = '\0';
    bool same = strcmp(typed, serial) == 0;
    json_decref(value);
    return same;
}

/* Asks the user before the card is taken, so that it is not kept from others meanwhile. */
static int prepare(struct card_call *call, const struct order *order, uint8_t at[CLIENT_PIN_MAX],
                   struct span *out_so_pin)
{
    if (!order->destructive)
        return 0;
    if (!order->yes && !confirmed(call))
        return tool_complain(TOOL_FAILED, "that is not its number; nothing was changed");
    return is_new(call) ? 0 : pin_source_read(&order->so_pin, at, out_so_pin);
}

/* A destructive run looks for signals between two commands, and ends with its report after one: so
 * the token is left in a known state. */
static void hold_signals(const struct order *order, sigset_t *before)
{
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigprocmask(SIG_BLOCK, order->destructive ? &ending : NULL, before);
}

static void let_signals(const sigset_t *before)
{
    fflush(NULL);
    sigprocmask(SIG_SETMASK, before, NULL);
}

static int run(const struct order *order)
{
    struct card_options no_options = { .reader = NULL };
    SCOPED(close_card) struct card_call call = { .options = &no_options };
    SCOPED_SECRET(pin, CLIENT_PIN_MAX);
    struct span so_pin = { 0 };
    int status = crypto_init() ? tool_complain(TOOL_FAILED, "%s", failure_last()->cause)
                               : open_card(&call, order);
    if (!status)
        status = prepare(&call, order, pin, &so_pin);
    if (status)
        return status;
    int result = reader_begin(&call.card);
    if (!result)
        result = client_select(&call.card, &call.sw);
    if (result)
        return card_complain(&call, result, call.reader);
    sigset_t before;
    hold_signals(order, &before);
    status = play(&call, order, so_pin);
    reader_end(&call.card);
    let_signals(&before);
    return status;
}

static int run_verb(struct command_line *command)
{
    struct order *order = command->options;
    bool idle = order->yes || order->so_pin.file || order->so_pin.variable;
    if (idle && !order->destructive)
        return usage_wrong(command, "--yes and the SO-PIN are for --destructive");
    order->so_pin.name = "SO-PIN";
    order->so_pin.kind = CLIENT_SO_PIN;
    order->so_pin.command = command;
    return run(order);
}

static const struct option_row rows[] = {
    { "reader", "PART", "the reader whose name contains PART; default: the only one with a token",
      INTO_TEXT(struct order, reader) },
    { "destructive", NULL,
      "play all cases. DELETES ALL KEYS AND OBJECTS and leaves the token with the customary "
      "development "
      "PINs, also when it is interrupted; asks for the serial number, and for the SO-PIN of a "
      "token "
      "that has one",
      INTO_FLAG(struct order, destructive) },
    { "yes", NULL, "do not ask for the serial number", INTO_FLAG(struct order, yes) },
    { "json", NULL, "print JSON", INTO_FLAG(struct order, as_json) },
    OPTIONS_END,
};

static const struct verb verb = {
    .help =
        "Plays conversations whose answers are known against a card, of whatever make, and "
        "reports where it answers otherwise, and what it answers where the hardware's answer is "
        "not known. Without --destructive it sends only what is safe on a token with keys that "
        "people need: it presents no PIN, writes nothing and uses no key, and compares tries, "
        "objects and contents before and after. It ends logins of other programs. "
        "docs/CONFORMANCE.md tells more.\n"
        "Exit status 62 when there is a difference, 63 when the safe run left a trace.",
    .size = sizeof(struct order),
    .options = { { rows, 0 }, { so_pin_rows, offsetof(struct order, so_pin) } },
    .run = run_verb,
};
const struct family conform_family = {
    "conform", "compare any card in a reader with what is known of the hardware", NULL, &verb, 1
};
