/* Walks tests/matrix/access.txt: sends each command in each session state, on a fresh token every
 * time, and compares the status word. Fails for a row of the table without a line, and for a line
 * that reaches another row. Hosts differ in how they put a command (protocol.md 16, 8): whatever
 * its class, and with whatever Le or none, it is the same command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card-os/command.h"
#include "tests/support/card_fixture.h"

enum state { BLANK, CLOSED, USER_IN, OFFICER_IN, BOTH_IN, STATES };
static const char *const state_names[STATES] = { "blank", "closed", "user", "officer", "both" };

/* Key 02 on P-256 (the worked example of protocol.md 5.1), one public and one confidential file. */
static const char *const furnishing[] = {
    GENERATE_P256,
    "00 D7 C4 01 08 54 02 00 00 53 02 30 00",
    "00 D7 CD 05 08 54 02 00 00 53 02 30 00",
};

static void require_ok(uint16_t status)
{
    if (status == 0x9000)
        return;
    fprintf(stderr, "a state of the matrix cannot be reached: %04X\n", status);
    abort();
}

static void enter(struct card_fixture *f, enum state state, const char *initialise)
{
    card_fixture_init(f);
    if (state == BLANK)
        return;
    require_ok(card_fixture_status(f, initialise)); /* which logs in */
    for (size_t i = 0; i < COUNT_OF(furnishing); i++)
        require_ok(card_fixture_status(f, furnishing[i]));
    card_reset(f->card);
    if (state == USER_IN || state == BOTH_IN)
        require_ok(card_fixture_status(f, VERIFY_USER));
    if (state == OFFICER_IN || state == BOTH_IN)
        require_ok(card_fixture_status(f, VERIFY_OFFICER));
}

struct line {
    unsigned number;
    char *row, *command, *expected[STATES];
    const char *initialise;
};

enum form { AS_WRITTEN, OTHER_CLASS_WITHOUT_LE, LARGEST_LE, FORMS };

static uint16_t send_form(struct card_fixture *f, const char *text, enum form form)
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
    struct span answer = card_fixture_send(f, written(form == AS_WRITTEN ? &command : &out));
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
}

/* READ BINARY with another Le may have reached the end of the file. */
static bool as_expected(const struct line *line, enum state state, enum form form, uint16_t status)
{
    unsigned long expected = strtoul(line->expected[state], NULL, 16);
    return status == expected || (form != AS_WRITTEN && expected == 0x9000 && status == 0x6282);
}

static unsigned try_form(const struct line *line, enum state state, enum form form)
{
    struct card_fixture *f = calloc(1, sizeof *f);
    enter(f, state, line->initialise);
    uint16_t answered = send_form(f, line->command, form);
    bool same_row = f->last_row && strcmp(f->last_row, line->row) == 0;
    bool expected = as_expected(line, state, form, answered);
    if (!same_row)
        fprintf(stderr, "line %u reaches the row %s, not %s\n", line->number,
                f->last_row ? f->last_row : "(none)", line->row);
    if (!expected)
        fprintf(stderr, "line %u, %s, %s, form %d: %04X instead of %s\n", line->number, line->row,
                state_names[state], form, answered, line->expected[state]);
    card_fixture_deinit(f);
    free(f);
    return !same_row || !expected;
}

static unsigned try_state(const struct line *line, enum state state)
{
    unsigned failures = try_form(line, state, AS_WRITTEN);
    if (state != USER_IN) /* in which commands come furthest */
        return failures;
    for (enum form form = AS_WRITTEN + 1; form < FORMS; form++)
        failures += try_form(line, state, form);
    return failures;
}

static char *trimmed(char *field)
{
    field += strspn(field, " ");
    size_t end = strlen(field);
    while (end && strchr(" \n", field[end - 1]))
        field[--end] = 0;
    return field;
}

static bool split(char *text, struct line *out)
{
    char *fields[2 + STATES], *rest = text;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        char *field = strsep(&rest, "|");
        if (!field)
            return false;
        fields[i] = trimmed(field);
    }
    out->row = fields[0];
    out->command = fields[1];
    memcpy(out->expected, fields + 2, sizeof out->expected);
    return !rest;
}

static void cover(bool *covered, const char *row)
{
    for (size_t i = 0; i < command_count(); i++)
        covered[i] |= strcmp(command_at(i)->name, row) == 0;
}

static unsigned walk(FILE *in, bool *covered)
{
    char text[2048], initialise[256] = INITIALIZE;
    unsigned failures = 0;
    for (unsigned number = 1; fgets(text, sizeof text, in); number++) {
        struct line line = { .number = number, .initialise = initialise };
        if (text[0] == '!')
            snprintf(initialise, sizeof initialise, "%.255s", text + 1);
        if (text[0] == '#' || text[0] == '!')
            continue;
        if (!split(text, &line)) {
            fprintf(stderr, "line %u is not a line of the matrix\n", number);
            failures++;
            continue;
        }
        cover(covered, line.row);
        for (enum state state = BLANK; state < STATES; state++)
            failures += try_state(&line, state);
    }
    return failures;
}

int main(int argc, char **argv)
{
    FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!in)
        return EXIT_FAILURE;
    bool *covered = calloc(command_count(), sizeof *covered);
    unsigned failures = walk(in, covered);
    for (size_t i = 0; i < command_count(); i++) {
        if (!covered[i])
            fprintf(stderr, "the matrix has no line for %s\n", command_at(i)->name);
        failures += !covered[i];
    }
    free(covered);
    fclose(in);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
