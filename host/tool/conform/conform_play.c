/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: plays transcripts and compares a card's answers with what is expected. */
#include "host/tool/conform/conform_play.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "card-os/choices.h"
#include "formats/apdu.h"
#include "host/tool/cli/value.h"

#define FEW_TRIES 5 /* tries of the SO-PIN; with fewer left, we present none */

const uint8_t conform_so_pin[8] = { 0x35, 0x37, 0x36, 0x32, 0x31, 0x38, 0x38, 0x30 };

static const struct {
    const char *name;
    uint16_t ours, other;
    const char *question;
} table[] = {
#define X(name, ours, other, question) { #name, ours, other, question },
    CHOICES(X)
#undef X
};

/* --- Texts --- */

static json_t *text_of(struct span text)
{
    return json_stringn((const char *)text.at, text.size);
}

static json_t *hex_text(struct span bytes)
{
    char *digits = malloc(2 * bytes.size + 1);
    if (!digits)
        return NULL;
    struct writer out = writer_of(digits, 2 * bytes.size);
    write_hex(&out, bytes);
    json_t *text = text_of(written(&out));
    free(digits);
    return text;
}

static json_t *status_text(uint16_t status)
{
    const uint8_t bytes[2] = { (uint8_t)(status >> 8), (uint8_t)status };
    return hex_text(SPAN_OF(bytes));
}

static uint16_t status_of(struct span answer)
{
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return answer.size < 2 ? 0 : read_u16(&in);
}

/* --- Choices --- */

/* Adds the row of a question before it is asked, so that the report also names questions that were
 * not. */
static json_t *choice_row(struct conform *p, const struct transcript_case *at)
{
    size_t i;
    json_t *row;
    json_array_foreach(p->choices, i, row)
    {
        if (span_equal(at->choice, value_span(json_object_get(row, "name"))))
            return row;
    }
    row = json_pack("{s:o,s:o,s:o,s:o,s:s}", "name", text_of(at->choice), "question",
                    text_of(at->question), "ours", text_of(at->expected[0]), "other",
                    text_of(at->other[0]), "way", "not asked");
    return json_array_append_new(p->choices, row) ? NULL : row;
}

int conform_list_choice(struct conform *p, const struct transcript_case *at)
{
    return choice_row(p, at) ? 0 : failure(FAULT_MEMORY, "a row of choices");
}

static void note_way(struct conform *p, const struct transcript_case *at, const char *way,
                     uint16_t status)
{
    json_t *row = choice_row(p, at);
    const char *before = value_text(row, "way", NULL);
    bool first = before && strcmp(before, "not asked") == 0;
    if (before && !first && strcmp(before, way) != 0)
        way = "both";
    json_object_set_new(row, "way", json_string(way));
    json_object_set_new(row, "got", status_text(status));
}

static bool goes_other_way(const struct transcript_case *at, struct span answer)
{
    if (at->other_count)
        return transcript_matches(at->other, at->other_count, answer);
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (span_equal(at->choice, span_of_text(table[i].name)))
            return status_of(answer) == table[i].other;
    return false;
}

static int list_choices(struct conform *p)
{
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (json_array_append_new(
                p->choices, json_pack("{s:s,s:s,s:o,s:o,s:s}", "name", table[i].name, "question",
                                      table[i].question, "ours", status_text(table[i].ours),
                                      "other", status_text(table[i].other), "way", "not asked")))
            return failure(FAULT_MEMORY, "a list of choices");
    return 0;
}

/* --- Judging --- */

static json_t *patterns(const struct transcript_case *at)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < at->expected_count; i++)
        json_array_append_new(list, text_of(at->expected[i]));
    return list;
}

/* Adds a difference to the report; got: NULL when the reader did not pass the command on. */
static void note_difference(struct conform *p, const struct transcript_case *at,
                            struct span command, const struct span *got)
{
    json_array_append_new(p->differences,
                          json_pack("{s:s,s:i,s:o,s:o,s:o,s:o,s:o}", "transcript", p->file, "line",
                                    (int)at->line, "clause", text_of(at->clauses), "facts",
                                    conform_facts_of(p->facts, at), "command", hex_text(command),
                                    "expected", patterns(at), "got",
                                    got ? hex_text(*got) : json_null()));
}

/* Whether what follows may depend on this command's success: for some instructions always, for
 * others when they have data. */
static bool changes_card(struct span command)
{
    static const struct {
        uint8_t ins;
        bool always;
    } changing[] = { { 0x20, false }, { 0x22, true },  { 0x24, true }, { 0x2A, true },
                     { 0x2C, true },  { 0x46, true },  { 0x48, true }, { 0x50, false },
                     { 0x52, false }, { 0x54, false }, { 0x5A, true }, { 0x74, true },
                     { 0x76, true },  { 0x82, true },  { 0x86, true }, { 0xD7, true },
                     { 0xE4, true } };
    struct apdu apdu;
    if (!apdu_parse(command, &apdu))
        return false;
    bool acts = apdu.data.size || (apdu.ins == 0x52 && apdu.p1);
    for (size_t i = 0; i < COUNT_OF(changing); i++)
        if (changing[i].ins == apdu.ins)
            return changing[i].always || acts;
    return false;
}

/* Whether the card is now in another state than the transcript expects. */
static bool leaves_the_track(const struct transcript_case *at, struct span command,
                             struct span answer)
{
    bool succeeded = status_of(answer) == 0x9000;
    return changes_card(command) && succeeded != transcript_is_success(at);
}

void conform_differ(struct conform *p, const struct transcript_case *at, struct span command,
                    struct span answer)
{
    p->different++;
    conform_facts_note(p->facts, at, false);
    note_difference(p, at, command, &answer);
}

void conform_fit(struct conform *p, const struct transcript_case *at)
{
    p->expected++;
    conform_facts_note(p->facts, at, true);
}

void conform_judge(struct conform *p, const struct transcript_case *at, struct span command,
                   struct span answer)
{
    if (transcript_matches(at->expected, at->expected_count, answer)) {
        conform_fit(p, at);
        if (at->choice.size)
            note_way(p, at, "ours", status_of(answer));
        return;
    }
    bool other = at->choice.size && goes_other_way(at, answer);
    if (at->choice.size)
        note_way(p, at, other ? "other" : "neither", status_of(answer));
    if (other) {
        p->otherwise++;
        conform_facts_note(p->facts, at, false);
    } else {
        conform_differ(p, at, command, answer);
    }
    p->skipping |= leaves_the_track(at, command, answer);
}

/* --- Playing --- */

int conform_reset(struct card_call *call, bool power)
{
    int result = reader_reset(&call->card, power);
    return result ? result : client_select(&call->card, &call->sw);
}

/* A destructive run blocks these signals (hold_signals() in host/tool/conform/conform.c), so they
 * are pending here. */
bool conform_interrupted(const struct conform *p)
{
    sigset_t pending;
    return !p->safe && sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
            sigismember(&pending, SIGHUP));
}

static int settle(struct conform *p)
{
    bool due = p->reset_due || p->power_due, power = p->power_due;
    p->reset_due = p->power_due = false;
    return due ? conform_reset(p->call, power) : 0;
}

/* Some readers do not pass on commands that are longer than short ones, or malformed. A reader that
 * lost its card does not recover by a reset. */
int conform_unsent(struct conform *p, const struct transcript_case *at, struct span command,
                   int result)
{
    failure_clear();
    if (conform_reset(p->call, false))
        return result;
    p->unsent++;
    note_difference(p, at, command, NULL);
    p->skipping |= changes_card(command) && transcript_is_success(at);
    return 0;
}

/* Follows a transcript that changes the SO-PIN: the card has the new one until the transcript
 * changes it back. */
static void follow_so_pin(struct conform *p, struct span command, struct span answer)
{
    static const uint8_t change[] = { 0x00, 0x24, 0x00, 0x88, 0x10 };
    if (status_of(answer) == 0x9000 && command.size >= sizeof change + 16 &&
        span_equal(span_part(command, 0, sizeof change), SPAN_OF(change)))
        memcpy(p->so_pin, command.at + sizeof change + 8, sizeof p->so_pin);
}

static int send(struct conform *p, const struct transcript_case *at)
{
    uint8_t bytes[READER_ANSWER_SIZE], answer[READER_ANSWER_SIZE];
    struct writer command = WRITER_OF(bytes), out = WRITER_OF(answer);
    transcript_command(at, &command);
    if (p->safe && !transcript_is_harmless(written(&command)))
        return failure(FAULT_BROKEN, "%s:%u is not safe", p->file, at->line);
    int result = reader_transmit(&p->call->card, written(&command), &out);
    if (result)
        return conform_unsent(p, at, written(&command), result);
    p->last_line = at->line;
    follow_so_pin(p, written(&command), written(&out));
    conform_judge(p, at, written(&command), written(&out));
    return 0;
}

static bool belongs(const struct conform *p, const struct transcript_case *at)
{
    return !at->ours && at->fresh == (p->pass == CONFORM_OF_NEW) && (at->safe || !p->safe);
}

/* Whether transcripts may set up the card by INITIALIZE. In other runs their cases need no
 * set-up. */
static bool may_initialise(const struct conform *p)
{
    return !p->safe && p->pass == CONFORM_OF_ANY;
}

/* Whether the case is an INITIALIZE that shall succeed: what was before is gone then. */
static bool begins_anew(const struct transcript_case *at)
{
    uint8_t bytes[READER_ANSWER_SIZE];
    struct writer command = WRITER_OF(bytes);
    transcript_command(at, &command);
    struct reader in = reader_of(written(&command));
    return read_u16(&in) == 0x8050 && read_u16(&in) == 0 && transcript_is_success(at);
}

static int restore_so_pin(struct conform *p)
{
    const struct span current = SPAN_OF(p->so_pin), wanted = SPAN_OF(conform_so_pin);
    if (span_equal(current, wanted))
        return 0;
    int result = client_change_pin(&p->call->card, CLIENT_SO_PIN, current, wanted, &p->call->sw);
    if (!result)
        memcpy(p->so_pin, conform_so_pin, sizeof p->so_pin);
    return result == CLIENT_REFUSED ? CONFORM_STUCK : result;
}

static int play_case(struct conform *p, const struct transcript_case *at)
{
    int result = at->choice.size && !at->ours ? conform_list_choice(p, at) : 0;
    if (result || !belongs(p, at))
        return result;
    if (p->skipping && begins_anew(at)) {
        p->skipping = false;
        result = restore_so_pin(p);
    }
    if (p->skipping) {
        p->not_reached++;
        return 0;
    }
    if (!result && conform_interrupted(p))
        return CONFORM_INTERRUPTED;
    if (!result)
        result = settle(p);
    return result ? result : send(p, at);
}

int conform_initialise(struct conform *p)
{
    struct card_call *call = p->call;
    const struct client_wishes wishes = { .user_pin = span_of_text(CONFORM_USER_PIN),
                                          .so_pin = SPAN_OF(conform_so_pin),
                                          .tries = 3 };
    p->skipping = false;
    int result = settle(p);
    if (!result)
        result = restore_so_pin(p);
    if (!result)
        result = client_pin_state(&call->card, CLIENT_SO_PIN, &call->sw);
    bool counted = result == CLIENT_REFUSED && (call->sw & 0xFFF0) == 0x63C0;
    if (counted ? (call->sw & 0xF) <= FEW_TRIES : call->sw == 0x6983)
        return CONFORM_STUCK;
    if (result && result != CLIENT_REFUSED)
        return result;
    result = client_initialize(&call->card, &wishes, &call->sw);
    if (result)
        return result == CLIENT_REFUSED ? CONFORM_STUCK : result;
    return conform_reset(call, false);
}

static int play_item(struct conform *p, enum transcript_item item, const struct transcript_case *at)
{
    switch (item) {
    case TRANSCRIPT_CASE:
        return play_case(p, at);
    case TRANSCRIPT_INITIALISE:
        return may_initialise(p) ? conform_initialise(p) : 0;
    case TRANSCRIPT_RESET:
        p->reset_due = true;
        return 0;
    case TRANSCRIPT_POWER:
        p->power_due = true;
        return 0;
    default: /* a section */
        if (!p->skipping)
            return 0;
        p->skipping = false;
        return restore_so_pin(p);
    }
}

static int play_file(struct conform *p, const struct conform_file *file)
{
    struct transcript t = transcript_of(file->name, span_of_text(file->text));
    struct transcript_case at = { 0 };
    enum transcript_item item;
    p->file = file->name;
    p->skipping = false;
    p->reset_due = true;
    int result = may_initialise(p) ? conform_initialise(p) : 0;
    while (!result && (item = transcript_next(&t, &at)) > TRANSCRIPT_BAD)
        result = play_item(p, item, &at);
    return t.why ? failure(FAULT_BROKEN, "%s:%u: %s", t.name, t.line, t.why) : result;
}

int conform_play(struct conform *p, enum conform_pass pass)
{
    int result = 0;
    p->pass = pass;
    for (const struct conform_file *file = conform_files; file->name && !result; file++)
        result = play_file(p, file);
    return result;
}

int conform_init(struct conform *p, struct card_call *call, bool safe)
{
    *p = (struct conform){ .call = call, .safe = safe };
    p->differences = json_array();
    p->choices = json_array();
    p->facts = conform_facts();
    memcpy(p->so_pin, conform_so_pin, sizeof p->so_pin);
    if (!p->differences || !p->choices || !p->facts)
        return failure(FAULT_MEMORY, "a report");
    return list_choices(p);
}

void conform_deinit(struct conform *p)
{
    json_decref(p->differences);
    json_decref(p->choices);
    json_decref(p->facts);
}
