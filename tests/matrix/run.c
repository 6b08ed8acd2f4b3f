/* SPDX-License-Identifier: Apache-2.0 */
/* Walks tests/matrix/access.txt: sends each command to a device of each section in each session
 * state and compares the status word. What a section does not list is expected there as in the
 * base: an option changes nothing but what its section says. Fails for a row of the table without a
 * line, and for a line that reaches another row. Hosts differ in how they put a command
 * (protocol.md 16, 8): whatever its class, and with whatever Le or none, it is the same command.
 *
 * A state is reached anew after every command that may have left another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "card-os/command.h"
#include "card-os/device.h"
#include "card-os/domain.h"
#include "tests/matrix/page.h"
#include "tests/support/elsewhere.h"
#include "tests/support/host_channel.h"
#include "tests/support/stride.h"

/* Key 02 on P-256 (the worked example of protocol.md 5.1), one public and one confidential file. */
static const char *const furnishing[] = {
    GENERATE_P256_DERIVING,
    "00 D7 C4 01 08 54 02 00 00 53 02 30 00",
    "00 D7 CD 05 08 54 02 00 00 53 02 30 00",
};

struct walk {
    const struct page *page;
    struct elsewhere *elsewhere;
    struct card_fixture *card;
    bool made;    /* there is a token, whose SO-PIN is the usual one */
    bool reached; /* it is in the state that is walked */
    struct channel channel;
    bool through; /* commands go through the channel */
};

/* --- Reaching a state --- */

static void require_ok(const struct walk *w, uint16_t status)
{
    if (status == 0x9000)
        return;
    fprintf(stderr, "a state of the matrix cannot be reached: %04X after %s\n", status,
            w->card->last_row ? w->card->last_row : "(nothing)");
    abort();
}

static uint16_t send_data(struct walk *w, uint32_t header, struct span data)
{
    uint8_t bytes[2048];
    struct writer command = WRITER_OF(bytes);
    const struct apdu apdu = { (uint8_t)(header >> 24),
                               (uint8_t)(header >> 16),
                               (uint8_t)(header >> 8),
                               (uint8_t)header,
                               data,
                               false,
                               0 };
    apdu_write(&apdu, &command);
    if (w->through)
        return host_channel_send(w->card, &w->channel, written(&command));
    return answer_status(card_fixture_send(w->card, written(&command)));
}

static void send_name(struct walk *w, uint32_t header, struct span name)
{
    uint8_t bytes[32];
    struct writer reference = WRITER_OF(bytes);
    tlv_write(&reference, 0x83, name);
    require_ok(w, send_data(w, header, written(&reference)));
}

static void enroll_custodians(struct walk *w)
{
    const struct papers *custodians = w->elsewhere->custodians;
    send_name(w, 0x002281B6, custodians->root_read.chr);
    require_ok(w, send_data(w, 0x002A00BE, custodians->issuer));
    send_name(w, 0x002281B6, custodians->issuer_read.chr);
    require_ok(w, send_data(w, 0x002A00BE, custodians->device));
    for (unsigned i = 0; i < 2; i++)
        require_ok(w, send_data(w, 0x80540000, custodians[i].request));
}

static uint16_t send_protected(struct walk *w, const char *text)
{
    uint8_t bytes[256];
    struct writer command = WRITER_OF(bytes);
    if (!hex_decode(text, &command))
        abort();
    return host_channel_send(w->card, &w->channel, written(&command));
}

static uint16_t send_text(struct walk *w, const char *text)
{
    return w->through ? send_protected(w, text) : card_fixture_status(w->card, text);
}

static void sign_in(struct walk *w, unsigned custodian)
{
    uint8_t bytes[64], signature_bytes[64];
    struct writer message = WRITER_OF(bytes), signature = WRITER_OF(signature_bytes);
    send_name(w, 0x002281A4, w->elsewhere->custodians[custodian].request_read.inner.chr);
    require_ok(w, send_text(w, "00 84 00 00 08"));
    if (device_name(w->card->store, &message))
        abort();
    write_span(&message, card_fixture_data(w->card));
    elsewhere_sign(w->elsewhere, custodian, written(&message), &signature);
    require_ok(w, send_data(w, 0x00820000, written(&signature)));
}

static void open_channel(struct walk *w)
{
    host_channel_open(w->card, &w->channel);
    w->through = true;
}

/* SELECT ends the session, and leaves channel and session PIN. */
static void log_in_by_session_pin(struct walk *w)
{
    uint8_t bytes[16];
    struct writer command = WRITER_OF(bytes);
    require_ok(w, send_protected(w, "80 5A 01 81 00"));
    write_u32(&command, 0x00200081);
    write_u8(&command, 8);
    write_span(&command, card_fixture_data(w->card));
    require_ok(w, send_protected(w, "00 A4 04 0C 0B E82B0601040181C31F0201"));
    require_ok(w, host_channel_send(w->card, &w->channel, written(&command)));
}

static bool is(enum state state, unsigned states)
{
    return states & 1u << state;
}
#define STATE(name)          (1u << (name))
#define STATES_OF_CUSTODIANS (STATE(ONE) | STATE(ENOUGH) | STATE(TOGETHER) | STATE(GUARDED))

static void log_in(struct walk *w, enum state state)
{
    if (is(state, STATE(CHANNEL) | STATE(SECURE) | STATE(LEFT) | STATE(SESSION) | STATE(GUARDED)))
        open_channel(w);
    if (is(state, STATE(SECURE) | STATE(LEFT) | STATE(SESSION)))
        require_ok(w, send_protected(w, VERIFY_USER));
    if (state == SESSION)
        log_in_by_session_pin(w);
    if (is(state, STATES_OF_CUSTODIANS))
        sign_in(w, 0);
    if (is(state, STATES_OF_CUSTODIANS & ~STATE(ONE)))
        sign_in(w, 1);
    if (is(state, STATE(USER_IN) | STATE(BOTH_IN) | STATE(TOGETHER)))
        require_ok(w, card_fixture_status(w->card, VERIFY_USER));
    if (is(state, STATE(OFFICER_IN) | STATE(BOTH_IN)))
        require_ok(w, card_fixture_status(w->card, VERIFY_OFFICER));
    if (state == LEFT) {
        require_ok(w, card_fixture_status(w->card, "80 50 00 00 00"));
        w->through = false;
    }
}

static void drop_token(struct walk *w)
{
    if (w->made)
        card_fixture_deinit(w->card);
    w->made = false;
}

/* A blank token is a new one; any other is initialised again. */
static void make_token(struct walk *w, const struct section *section, enum state state)
{
    const char *initialise = section->initialise ? section->initialise : INITIALIZE;
    if (w->made && state != BLANK) {
        card_reset(w->card->card);
        if (card_fixture_status(w->card, initialise) == 0x9000)
            return;
    }
    drop_token(w);
    card_fixture_init(w->card);
    w->made = true;
    papers_trust(w->card, w->elsewhere->custodians);
    if (state != BLANK)
        require_ok(w, card_fixture_status(w->card, initialise));
}

/* Where shares are missing no key is made. */
static void furnish(struct walk *w, const char *command)
{
    struct dkek_facts dkek;
    if (domain_dkek_facts(w->card->store, &dkek))
        abort();
    if (!dkek.missing || strcmp(command, GENERATE_P256_DERIVING) != 0)
        require_ok(w, card_fixture_status(w->card, command));
}

static void enter(struct walk *w, const struct section *section, enum state state)
{
    w->through = false;
    w->reached = true;
    make_token(w, section, state);
    if (state == BLANK)
        return;
    for (size_t i = 0; i < COUNT_OF(furnishing); i++)
        furnish(w, furnishing[i]);
    if (is(state, STATES_OF_CUSTODIANS))
        enroll_custodians(w);
    if (state != FRESH)
        card_reset(w->card->card);
    log_in(w, state);
}

/* --- Sending one command --- */

enum form { AS_WRITTEN, OTHER_CLASS_WITHOUT_LE, LARGEST_LE, FORMS };

static uint16_t send_form(struct walk *w, const char *text, enum form form)
{
    uint8_t bytes[1024], other[1024];
    struct writer command = WRITER_OF(bytes), out = WRITER_OF(other);
    struct apdu apdu;
    if (!hex_decode(text, &command) || !apdu_parse(written(&command), &apdu))
        abort();
    if (form == OTHER_CLASS_WITHOUT_LE)
        apdu.cla ^= 0x80;
    apdu.le = form == LARGEST_LE ? APDU_LE_MAX : 0;
    apdu_write(&apdu, &out);
    struct span sent = written(form == AS_WRITTEN ? &command : &out);
    if (w->through)
        return host_channel_send(w->card, &w->channel, sent);
    struct span answer = card_fixture_send(w->card, sent);
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
}

/* READ BINARY with another Le may have reached the end of the file. */
static bool as_expected(const char *text, enum form form, uint16_t status)
{
    unsigned long expected = strtoul(text, NULL, 16);
    return status == expected || (form != AS_WRITTEN && expected == 0x9000 && status == 0x6282);
}

struct question {
    size_t section;
    const struct line *line;
    enum state state;
    enum form form;
    const char *expected;
};

static bool ask(struct walk *w, const struct question *q)
{
    uint16_t answered = send_form(w, q->line->command, q->form);
    const char *row = w->card->last_row ? w->card->last_row : "(none)";
    bool same_row = strcmp(row, q->line->row) == 0;
    bool expected = as_expected(q->expected, q->form, answered);
    if (!same_row)
        fprintf(stderr, "line %u reaches the row %s, not %s\n", q->line->number, row, q->line->row);
    if (!expected)
        fprintf(stderr, "line %u, %s, %s, form %d, initialised with %s: %04X instead of %s\n",
                q->line->number, q->line->row, state_names[q->state], q->form,
                w->page->sections[q->section].initialise ? w->page->sections[q->section].initialise
                                                         : "the usual",
                answered, q->expected);
    return same_row && expected;
}

/* Whether the session, or what later lines speak of, may be another one afterwards: of a refusal,
 * if it is one of a login; of a success, unless it but reads or uses. */
static bool disturbs(const struct question *q)
{
    static const uint8_t reading[] = { 0xB1, 0x58, 0x68, 0x62, 0x76, 0x78,
                                       0x72, 0x74, 0x48, 0x46, 0x84 };
    static const uint8_t logging_in[] = { 0x20, 0x24, 0x2C, 0x50, 0x82, 0x22, 0x86 };
    uint8_t bytes[1024];
    struct writer command = WRITER_OF(bytes);
    struct apdu apdu;
    if (!hex_decode(q->line->command, &command) || !apdu_parse(written(&command), &apdu))
        return true;
    bool refused = q->expected[0] == '6' && strncmp(q->expected, "63C", 3) != 0;
    return refused ? memchr(logging_in, apdu.ins, sizeof logging_in) != NULL
                   : memchr(reading, apdu.ins, sizeof reading) == NULL;
}

static unsigned ask_in_state(struct walk *w, const struct question *q)
{
    if (!w->reached)
        enter(w, &w->page->sections[q->section], q->state);
    bool good = ask(w, q);
    w->reached = good && !disturbs(q);
    return !good;
}

/* --- Walking --- */

static unsigned ask_forms(struct walk *w, struct question *q)
{
    unsigned failures = 0;
    q->expected = page_expected(w->page, q->section, q->line, q->state);
    if (!q->expected || strcmp(q->expected, "-") == 0)
        return 0;
    /* The user's is the state in which commands come furthest. */
    bool all = q->state == USER_IN && q->section == 0;
    for (q->form = AS_WRITTEN; q->form < (all ? FORMS : AS_WRITTEN + 1); q->form++)
        failures += ask_in_state(w, q);
    return failures;
}

/* The base's lines, each as the section has it, and then the section's others. */
static unsigned walk_state(struct walk *w, size_t section, enum state state)
{
    const struct section *base = &w->page->sections[0], *at = &w->page->sections[section];
    struct question q = { .section = section, .state = state };
    unsigned failures = 0;
    w->reached = false;
    if (state == BLANK)
        drop_token(w);
    for (size_t i = 0; section && i < base->count; i++) {
        q.line = &base->lines[i];
        if (page_line(w->page, section, q.line) == q.line)
            failures += ask_forms(w, &q);
    }
    for (size_t i = 0; i < at->count; i++) {
        q.line = &at->lines[i];
        failures += ask_forms(w, &q);
    }
    return failures;
}

/* The base in every state; of the other sections under sanitizers one state in a stride. */
static bool is_walked(const struct walk *w, size_t section, enum state state)
{
    bool listed = state == BLANK || w->page->sections[section].walked[state];
    return listed && (!section || (section * STATES + state) % stride() == 0);
}

static unsigned walk_all(struct walk *w)
{
    unsigned failures = 0;
    for (size_t section = 0; section < w->page->count; section++)
        for (enum state state = BLANK; state < STATES; state++)
            if (is_walked(w, section, state))
                failures += walk_state(w, section, state);
    return failures;
}

static bool is_covered(const struct page *page, const char *row)
{
    for (size_t s = 0; s < page->count; s++)
        for (size_t i = 0; i < page->sections[s].count; i++)
            if (strcmp(page->sections[s].lines[i].row, row) == 0)
                return true;
    return false;
}

static unsigned rows_missing(const struct page *page)
{
    unsigned missing = 0;
    for (size_t i = 0; i < command_count(); i++)
        if (!is_covered(page, command_at(i)->name)) {
            fprintf(stderr, "the matrix has no line for %s\n", command_at(i)->name);
            missing++;
        }
    return missing;
}

int main(int argc, char **argv)
{
    FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
    struct page *page = in ? page_read(in) : NULL;
    if (!page)
        return EXIT_FAILURE;
    struct walk w = { .page = page,
                      .elsewhere = calloc(1, sizeof *w.elsewhere),
                      .card = calloc(1, sizeof *w.card) };
    elsewhere_init(w.elsewhere);
    unsigned failures = rows_missing(page) + walk_all(&w);
    drop_token(&w);
    elsewhere_deinit(w.elsewhere);
    fclose(in);
    free(w.elsewhere);
    free(w.card);
    free(page);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
