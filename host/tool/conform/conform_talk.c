/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: sends and judges the steps of computed conversations. */
#include "host/tool/conform/conform_talk.h"

#include <string.h>

#include "base/failure.h"
#include "formats/sw.h"

/* --- How it goes on --- */

bool talk_goes_on(const struct talk *t)
{
    return !t->result && !t->p->skipping;
}

void talk_stop(struct talk *t)
{
    t->p->skipping = true;
}

void talk_needs_success(struct talk *t)
{
    if (!sw_delivers((sw){ talk_status(t) }))
        talk_stop(t);
}

void talk_check(struct talk *t, int result)
{
    if (!t->result)
        t->result = result;
}

void talk_clauses(struct talk *t, const char *clauses)
{
    t->clauses = clauses;
}

void talk_asks(struct talk *t, const char *choice, const char *question)
{
    t->choice = choice;
    t->question = question;
}

void talk_facts(struct talk *t, const char *facts)
{
    t->facts = facts;
}

struct span talk_data(const struct talk *t)
{
    size_t size = t->answer.size;
    return span_part(written(&t->answer), 0, size < 2 ? 0 : size - 2);
}

uint16_t talk_status(const struct talk *t)
{
    struct reader in = reader_of(span_part(written(&t->answer), talk_data(t).size, 2));
    return read_u16(&in);
}

/* --- Judging --- */

static unsigned cut_patterns(struct span text, struct span out[TRANSCRIPT_ANSWERS])
{
    unsigned count = 0;
    while (text.size && count < TRANSCRIPT_ANSWERS)
        out[count++] = transcript_trim(transcript_cut(&text, '|'));
    return count;
}

static struct span text_or_none(const char *text)
{
    return text ? span_of_text(text) : (struct span){ 0 };
}

/* The step in the form of a transcript's case. */
static struct transcript_case case_of(struct talk *t, const char *expected)
{
    struct span text = span_of_text(expected), first = transcript_cut(&text, '~');
    struct transcript_case at = { .line = t->steps + 1,
                                  .clauses = span_of_text(t->clauses),
                                  .choice = text_or_none(t->choice),
                                  .question = text_or_none(t->question),
                                  .facts = text_or_none(t->facts) };
    at.expected_count = cut_patterns(first, at.expected);
    at.other_count = cut_patterns(text, at.other);
    t->choice = t->question = t->facts = NULL;
    return at;
}

void talk_expect(struct talk *t, const char *expected)
{
    struct conform *p = t->p;
    const struct transcript_case at = case_of(t, expected);
    if (at.choice.size)
        talk_check(t, conform_list_choice(p, &at));
    if (!talk_goes_on(t))
        return;
    unsigned before = p->expected;
    t->steps++;
    if (t->lost) {
        talk_check(t, conform_unsent(p, &at, written(&t->command), t->lost));
        talk_stop(t);
    } else if (t->unheard) {
        conform_differ(p, &at, written(&t->command), written(&t->answer));
        talk_stop(t);
    } else {
        conform_judge(p, &at, written(&t->command), written(&t->answer));
    }
    t->fits = p->expected > before;
    p->last_line = at.line;
}

void talk_demand(struct talk *t, bool holds, const char *what)
{
    if (!talk_goes_on(t))
        return;
    const struct transcript_case at = case_of(t, what);
    t->steps++;
    t->fits = holds;
    t->p->last_line = at.line;
    if (holds)
        conform_fit(t->p, &at);
    else
        conform_differ(t->p, &at, written(&t->command), written(&t->answer));
}

/* --- Sending --- */

static void transmit(struct talk *t, struct span command)
{
    write_trim(&t->answer, 0);
    t->lost = reader_transmit(&t->p->call->card, command, &t->answer);
}

/* Whether the card complains in the clear that there is no channel, or no longer. */
static bool complains(const struct talk *t)
{
    uint16_t status = talk_status(t);
    return t->answer.size == 2 && (status == 0x6987 || status == 0x6988 || status == 0x6882);
}

/* Opens an answer of the channel; one that does not verify is reported as it came. */
static void open_answer(struct talk *t)
{
    uint8_t bytes[READER_ANSWER_SIZE]; /* the padding needs room, too */
    struct writer data = WRITER_OF(bytes);
    uint16_t status;
    int r = channel_open_answer(t->channel, talk_data(t), &data, &status);
    t->unheard = r && !complains(t);
    if (r < 0)
        talk_check(t, r);
    if (r)
        return;
    write_trim(&t->answer, 0);
    write_span(&t->answer, written(&data));
    write_u16(&t->answer, status);
}

static void send_through_channel(struct talk *t, struct span command)
{
    uint8_t bytes[READER_ANSWER_SIZE], sealed_bytes[READER_ANSWER_SIZE / 4];
    struct writer room = WRITER_OF(bytes), sealed = WRITER_OF(sealed_bytes);
    struct apdu apdu;
    if (!apdu_parse(command, &apdu))
        return talk_check(t, failure(FAULT_BROKEN, "a command of ours"));
    talk_check(t, channel_seal_command_with(t->channel, &apdu, t->mac_size, &room, &sealed));
    if (!t->result && sealed.full)
        talk_check(t, failure(FAULT_BROKEN, "a command of ours"));
    if (t->result)
        return;
    transmit(t, written(&sealed));
    if (!t->lost)
        open_answer(t);
}

void talk_send(struct talk *t, struct span command)
{
    if (talk_goes_on(t) && conform_interrupted(t->p))
        t->result = CONFORM_INTERRUPTED;
    if (!talk_goes_on(t))
        return;
    t->lost = 0;
    t->unheard = false;
    write_trim(&t->command, 0);
    write_span(&t->command, command);
    if (t->channel)
        send_through_channel(t, command);
    else
        transmit(t, command);
}

void talk_say(struct talk *t, const char *command, const char *expected)
{
    uint8_t bytes[256];
    struct writer out = WRITER_OF(bytes);
    if (!hex_decode(command, &out))
        return talk_check(t, failure(FAULT_BROKEN, "a command of ours"));
    talk_send(t, written(&out));
    talk_expect(t, expected);
}

void talk_send_command(struct talk *t, uint32_t header, struct span data, uint32_t le)
{
    uint8_t bytes[8192];
    struct writer out = WRITER_OF(bytes);
    const struct apdu apdu = apdu_of(header, data, le);
    apdu_write(&apdu, &out);
    if (out.full)
        return talk_check(t, failure(FAULT_BROKEN, "a command of ours"));
    talk_send(t, written(&out));
}

void talk_command(struct talk *t, uint32_t header, struct span data, uint32_t le,
                  const char *expected)
{
    talk_send_command(t, header, data, le);
    talk_expect(t, expected);
}

/* --- What many conversations do --- */

void talk_reset(struct talk *t)
{
    t->channel = NULL;
    if (talk_goes_on(t))
        talk_check(t, conform_reset(t->p->call, false));
}

void talk_initialise(struct talk *t)
{
    t->channel = NULL;
    if (talk_goes_on(t))
        talk_check(t, conform_initialise(t->p));
}

void talk_log_in(struct talk *t)
{
    talk_say(t, "00 20 00 81 06 36 34 38 32 31 39", "90 00");
}

void talk_try(struct talk *t, const char *expected)
{
    talk_say(t, "00 D7 CF 7F 07 54 02 00 00 53 01 5A", expected);
}

/* --- Patterns --- */

void talk_pattern_add(struct talk_pattern *pattern, const char *text)
{
    size_t used = strlen(pattern->text);
    struct writer out = writer_of(pattern->text + used, sizeof pattern->text - 1 - used);
    write_text(&out, text);
}

void talk_pattern_bytes(struct talk_pattern *pattern, struct span bytes)
{
    size_t used = strlen(pattern->text);
    struct writer out = writer_of(pattern->text + used, sizeof pattern->text - 1 - used);
    write_hex(&out, bytes);
}

/* --- A whole one --- */

static void wipe(struct talk *t)
{
    write_trim(&t->command, 0);
    write_trim(&t->answer, 0);
}

int talk_run(struct conform *p, struct talk_certificates *papers, const struct talk_row *row)
{
    SCOPED(wipe)
    struct talk t = { .p = p, .papers = papers, .clauses = row->clauses, .mac_size = TALK_MAC };
    t.command = WRITER_OF(t.command_bytes);
    t.answer = WRITER_OF(t.answer_bytes);
    p->file = row->name;
    p->last_line = 0;
    p->skipping = p->reset_due = p->power_due = false;
    talk_initialise(&t);
    if (!t.result)
        row->run(&t);
    bool counted = t.steps == row->cases || (p->skipping && t.steps < row->cases);
    if (!t.result && !counted)
        return failure(FAULT_BROKEN, "%s has %u steps", row->name, t.steps);
    if (!t.result)
        p->not_reached += row->cases - t.steps;
    return t.result;
}
