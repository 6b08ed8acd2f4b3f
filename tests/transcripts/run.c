/* Plays a transcript: a conversation with the card, one command and its expected answer per line.
 *
 *   # comment
 *   > 00 84 00 00 08          a command
 *   < .. .. * 90 00           the answer: `..` is any byte, one `*` any number of bytes
 *   ! reset                   the reader resets the card
 *   ! power                   power off and on, same store
 *   ! initialise              INITIALIZE with the development values, then reset
 *
 * A bug report becomes one of these, and a reviewer reads it without C. With --rows, all files
 * given are played, every row of the command table must have been reached by one of them, and
 * every way in which the row can be refused must have been shown. With --capacity=BYTES the card
 * has no more memory than that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card-os/command.h"
#include "tests/support/card_fixture.h"

#define LINE_MAX 140000
#define READABLE 1100 /* bytes of data in a command */

/* What the transcripts have shown of a row. */
struct shown {
    bool reached;
    bool wrong_place;  /* its instruction with P1 P2 of no row */
    bool wrong_length; /* its instruction and P1 P2 with data of a length that no row takes */
    bool refused;      /* by its rule or by its handler */
};

struct play {
    struct card_fixture fixture;
    const char *file;
    unsigned line, failures;
    struct apdu sent;    /* its header, if it had one */
    struct shown *shown; /* per row of the table */
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

/* One item of a pattern: a byte in hex, `..` or `*`. */
static const char *next_item(const char **pattern)
{
    *pattern += strspn(*pattern, " \t\r\n");
    const char *item = *pattern;
    *pattern += *item == '*' ? 1 : *item ? 2 : 0;
    return item;
}

static bool item_matches(const char *item, uint8_t byte)
{
    if (item[0] == '.')
        return item[1] == '.';
    char digits[3] = { item[0], item[1], 0 };
    return strtoul(digits, NULL, 16) == byte;
}

static bool matches(const char *pattern, struct span answer)
{
    const char *item = next_item(&pattern);
    if (*item == '*') {
        for (size_t skipped = 0; skipped <= answer.size; skipped++)
            if (matches(pattern, span_part(answer, skipped, answer.size)))
                return true;
        return false;
    }
    if (!*item || !answer.size)
        return !*item && !answer.size;
    return item_matches(item, answer.at[0]) && matches(pattern, span_part(answer, 1, answer.size));
}

static void complain(struct play *p, const char *what, struct span answer)
{
    p->failures++;
    fprintf(stderr, "%s:%u: %s", p->file, p->line, what);
    for (size_t i = 0; i < answer.size; i++)
        fprintf(stderr, " %02X", answer.at[i]);
    fprintf(stderr, "\n");
}

static void expect(struct play *p, const char *pattern)
{
    struct span answer = written(&p->fixture.answer);
    if (!matches(pattern, answer)) {
        complain(p, "the answer was", answer);
        return;
    }
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    note_answer(p, read_u16(&in));
}

static void act(struct play *p, const char *what)
{
    if (strncmp(what, "reset", 5) == 0)
        card_reset(p->fixture.card);
    else if (strncmp(what, "power", 5) == 0)
        card_fixture_power_cycle(&p->fixture);
    else if (strncmp(what, "initialise", 10) == 0)
        card_fixture_initialise(&p->fixture);
    else
        complain(p, "unknown action", span_of_text(what));
}

/* The instruction is worth knowing even where the lengths are wrong. */
static void send(struct play *p, const char *command)
{
    uint8_t bytes[CARD_APDU_MAX + 16];
    struct writer out = WRITER_OF(bytes);
    p->sent = (struct apdu){ 0 };
    if (hex_decode(command, &out)) {
        struct reader in = reader_of(written(&out));
        p->sent.cla = read_u8(&in);
        p->sent.ins = read_u8(&in);
        p->sent.p1 = read_u8(&in);
        p->sent.p2 = read_u8(&in);
    }
    card_fixture_send_hex(&p->fixture, command);
}

static void play_line(struct play *p, const char *line)
{
    const char *rest = line + 1 + strspn(line + 1, " ");
    switch (line[0]) {
    case '>':
        send(p, rest);
        break;
    case '<':
        expect(p, rest);
        break;
    case '!':
        act(p, rest);
        break;
    case '#':
    case '\n':
        break;
    default:
        complain(p, "not a line of a transcript", (struct span){ 0 });
    }
}

static unsigned play_file(const char *file, struct shown *shown, uint32_t capacity)
{
    static char line[LINE_MAX];
    struct play *p = calloc(1, sizeof *p);
    p->file = file;
    p->shown = shown;
    card_fixture_init(&p->fixture);
    p->fixture.env.capacity = capacity;
    FILE *in = fopen(file, "r");
    if (!in)
        complain(p, "cannot be read", (struct span){ 0 });
    while (in && fgets(line, sizeof line, in)) {
        p->line++;
        play_line(p, line);
    }
    if (in)
        fclose(in);
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

int main(int argc, char **argv)
{
    bool rows = argc > 1 && strcmp(argv[1], "--rows") == 0;
    unsigned capacity = 0;
    bool small = argc > 1 && sscanf(argv[1], "--capacity=%u", &capacity) == 1;
    struct shown *shown = calloc(command_count(), sizeof *shown);
    unsigned failures = 0;
    for (int i = rows || small ? 2 : 1; i < argc; i++)
        failures += play_file(argv[i], shown, capacity);
    for (size_t i = 0; rows && i < command_count(); i++)
        failures += not_shown(command_at(i), &shown[i]);
    free(shown);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
