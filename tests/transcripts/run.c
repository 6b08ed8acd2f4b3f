/* SPDX-License-Identifier: Apache-2.0 */
/* Plays transcripts (formats/transcript.h) against the card in this process.
 *
 * With --rows, all files given are played, every row of the command table must have been reached by
 * one of them, every way in which the row can be refused must have been shown, and every open
 * question of card-os/choices.h must have been asked. With --capacity=BYTES the card has no more
 * memory than that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card-os/choices.h"
#include "card-os/command.h"
#include "formats/transcript.h"
#include "tests/support/card_fixture.h"

#define READABLE          1100 /* bytes of data in a command */
#define TEXT_MAX          (1 << 20)
#define CONFORMANCE_CASES 1000 /* that there are at least */
#define SAFE_CASES        300

/* What the transcripts have shown of a row. */
struct shown {
    bool reached;
    bool wrong_place;  /* its instruction with P1 P2 of no row */
    bool wrong_length; /* its instruction and P1 P2 with data of a length that no row takes */
    bool refused;      /* by its rule or by its handler */
};

static const char *const choices[] = {
#define X(name, ours, other, question) #name,
    CHOICES(X)
#undef X
};

/* Choices that no transcript can ask about, for it needs what only a program has: the computed
 * conversations of `glasshsm conform` do (host/tool/conform/conform_computed.c). */
static const struct {
    const char *choice, *why;
} unasked[] = {
    { "BAD_CERTIFICATE", "somebody the card trusts has to vouch for the rest of the chain" },
    { "BAD_MEMBERSHIP", "the rest of the membership has to be right" },
    { "GROUP_TWICE", "a group's signer has to sign" },
    { "GROUP_KEY", "the key on a curve that does not fit has to sign" },
    { "EXCHANGE_KEY_EXPORT", "an exchange key needs a group" },
    { "NO_GROUP", "an exchange key needs a group" },
    { "OTHER_GROUP", "an exchange key needs a group" },
    { "LOGIN_AFTER_CHANNEL", "the login travels under the channel's keys" },
};

struct totals {
    unsigned cases, conformance, safe;
    bool asked[COUNT_OF(choices)];
};

struct play {
    struct card_fixture fixture;
    const char *file;
    unsigned line, failures;
    struct apdu sent;    /* its header, if it had one */
    struct shown *shown; /* per row of the table */
    struct totals *totals;
};

static bool is_addressed(const struct command *row, const struct apdu *apdu)
{
    return apdu->p1 >= row->p1.min && apdu->p1 <= row->p1.max && apdu->p2 >= row->p2.min &&
           apdu->p2 <= row->p2.max;
}

/* The answer is one that the transcript expects. */
static void note_answer(struct play *p, unsigned status)
{
    const char *row = p->fixture.last_row;
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *at = command_at(i);
        struct shown *shown = &p->shown[i];
        bool reached = row && strcmp(at->name, row) == 0, same = at->ins == p->sent.ins;
        shown->reached |= reached;
        shown->refused |= reached && status != 0x9000 && status != 0x6700;
        shown->wrong_place |= same && !row && status == 0x6A86;
        shown->wrong_length |= same && status == 0x6700 && is_addressed(at, &p->sent);
    }
}

static void complain(struct play *p, const char *what, struct span answer)
{
    p->failures++;
    fprintf(stderr, "%s:%u: %s", p->file, p->line, what);
    for (size_t i = 0; i < answer.size; i++)
        fprintf(stderr, " %02X", answer.at[i]);
    fprintf(stderr, "\n");
}

/* The instruction is worth knowing even where the lengths are wrong. */
static void note_header(struct play *p, struct span command)
{
    p->sent = (struct apdu){ 0 };
    struct reader in = reader_of(command);
    p->sent.cla = read_u8(&in);
    p->sent.ins = read_u8(&in);
    p->sent.p1 = read_u8(&in);
    p->sent.p2 = read_u8(&in);
}

/* A question is one of the table, or one whose other answer stands here. */
static void note_question(struct play *p, const struct transcript_case *at)
{
    for (size_t i = 0; i < COUNT_OF(choices); i++)
        if (span_equal(at->choice, span_of_text(choices[i]))) {
            p->totals->asked[i] = true;
            if (at->question.size)
                complain(p, "the words of this question stand in the table", (struct span){ 0 });
            return;
        }
    if (at->choice.size && !at->question.size)
        complain(p, "no such choice", (struct span){ 0 });
}

static void count(struct play *p, const struct transcript_case *at, struct span command)
{
    p->totals->cases++;
    p->totals->conformance += !at->ours;
    p->totals->safe += at->safe && !at->ours;
    if (!at->ours && command.size < 2)
        complain(p, "a virtual reader takes one byte for power off", (struct span){ 0 });
    if (at->safe && !transcript_is_harmless(command))
        complain(p, "not safe on every card", (struct span){ 0 });
    note_question(p, at);
}

static void play_case(struct play *p, const struct transcript_case *at)
{
    static uint8_t bytes[CARD_APDU_MAX + 16];
    struct writer command = WRITER_OF(bytes);
    transcript_command(at, &command);
    p->line = at->line;
    count(p, at, written(&command));
    note_header(p, written(&command));
    struct span answer = card_fixture_send(&p->fixture, written(&command));
    if (!transcript_matches(at->expected, at->expected_count, answer)) {
        complain(p, "the answer was", answer);
        return;
    }
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    note_answer(p, read_u16(&in));
}

static void play_item(struct play *p, enum transcript_item item, const struct transcript_case *at)
{
    if (item == TRANSCRIPT_CASE)
        play_case(p, at);
    else if (item == TRANSCRIPT_RESET)
        card_reset(p->fixture.card);
    else if (item == TRANSCRIPT_POWER)
        card_fixture_power_cycle(&p->fixture);
    else if (item == TRANSCRIPT_INITIALISE)
        card_fixture_initialise(&p->fixture);
}

static void play_text(struct play *p, struct span text)
{
    struct transcript t = transcript_of(p->file, text);
    struct transcript_case at = { 0 };
    enum transcript_item item;
    while ((item = transcript_next(&t, &at)) > TRANSCRIPT_BAD)
        play_item(p, item, &at);
    p->line = t.line;
    if (item == TRANSCRIPT_BAD)
        complain(p, t.why, (struct span){ 0 });
}

static unsigned play_file(const char *file, struct shown *shown, struct totals *totals,
                          uint32_t capacity)
{
    static uint8_t text[TEXT_MAX];
    struct play *p = calloc(1, sizeof *p);
    p->file = file;
    p->shown = shown;
    p->totals = totals;
    card_fixture_init(&p->fixture);
    p->fixture.env.capacity = capacity;
    FILE *in = fopen(file, "r");
    size_t size = in ? fread(text, 1, sizeof text, in) : 0;
    if (!size || size == sizeof text)
        complain(p, "cannot be read", (struct span){ 0 });
    if (in)
        fclose(in);
    play_text(p, span_of(text, size));
    card_fixture_deinit(&p->fixture);
    unsigned failures = p->failures;
    free(p);
    return failures;
}

static bool takes_any_place(const struct command *row)
{
    return row->p1.min == 0 && row->p1.max == 255 && row->p2.min == 0 && row->p2.max == 255;
}

static bool taken(const struct command *like, size_t size)
{
    const struct apdu apdu = { .p1 = (uint8_t)like->p1.min, .p2 = (uint8_t)like->p2.min };
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        if (row->ins == like->ins && is_addressed(row, &apdu) && size >= row->data.min &&
            size <= row->data.max)
            return true;
    }
    return false;
}

/* As far as a transcript can be read. */
static bool takes_any_length(const struct command *row)
{
    size_t size = 0;
    while (size <= READABLE && taken(row, size))
        size++;
    return size > READABLE;
}

static unsigned require(bool good, const struct command *row, const char *what)
{
    if (!good)
        fprintf(stderr, "no transcript %s: %s\n", what, row->name);
    return !good;
}

/* A row that everybody may use and that takes no data has nothing to refuse. */
static unsigned not_shown(const struct command *row, const struct shown *shown)
{
    bool may_refuse = row->rule != ANYONE || row->data.max > 0;
    return require(shown->reached, row, "reaches the row") +
           require(shown->refused || !may_refuse, row, "refuses by rule, data or state") +
           require(shown->wrong_length || takes_any_length(row), row,
                   "shows a wrong length (6700)") +
           require(shown->wrong_place || takes_any_place(row), row, "shows wrong P1 P2 (6A86)");
}

static const char *why_not(const char *choice)
{
    for (size_t i = 0; i < COUNT_OF(unasked); i++)
        if (strcmp(unasked[i].choice, choice) == 0)
            return unasked[i].why;
    return NULL;
}

static unsigned not_asked(const struct totals *totals)
{
    unsigned missing = 0;
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        if (totals->asked[i] == !why_not(choices[i]))
            continue;
        fprintf(stderr, "choice %s: %s\n", choices[i],
                totals->asked[i] ? "a transcript asks it after all" : "no transcript asks it");
        missing++;
    }
    return missing;
}

static unsigned judge_all(const struct shown *shown, const struct totals *totals)
{
    unsigned failures = 0;
    for (size_t i = 0; i < command_count(); i++)
        failures += not_shown(command_at(i), &shown[i]);
    printf("%u cases; in conformance %u, safe ones %u\n", totals->cases, totals->conformance,
           totals->safe);
    return failures + not_asked(totals) + (totals->conformance < CONFORMANCE_CASES) +
           (totals->safe < SAFE_CASES);
}

int main(int argc, char **argv)
{
    bool rows = argc > 1 && strcmp(argv[1], "--rows") == 0;
    unsigned capacity = 0;
    bool small = argc > 1 && sscanf(argv[1], "--capacity=%u", &capacity) == 1;
    struct shown *shown = calloc(command_count(), sizeof *shown);
    struct totals totals = { 0 };
    unsigned failures = 0;
    for (int i = rows || small ? 2 : 1; i < argc; i++)
        failures += play_file(argv[i], shown, &totals, capacity);
    if (rows)
        failures += judge_all(shown, &totals);
    free(shown);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
