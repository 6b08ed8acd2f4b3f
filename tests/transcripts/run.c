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
 * given are played and every row of the command table must have been reached by one of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card-os/command.h"
#include "tests/support/card_fixture.h"

#define LINE_MAX 140000

struct play {
    struct card_fixture fixture;
    const char *file;
    unsigned line, failures;
    bool *reached; /* per row of the table */
};

static void note_reached(struct play *p)
{
    for (size_t i = 0; p->fixture.last_row && i < command_count(); i++)
        if (strcmp(command_at(i)->name, p->fixture.last_row) == 0)
            p->reached[i] = true;
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
    if (!matches(pattern, answer))
        complain(p, "the answer was", answer);
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

static void play_line(struct play *p, const char *line)
{
    const char *rest = line + 1 + strspn(line + 1, " ");
    switch (line[0]) {
    case '>':
        card_fixture_send_hex(&p->fixture, rest);
        note_reached(p);
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

static unsigned play_file(const char *file, bool *reached)
{
    static char line[LINE_MAX];
    struct play *p = calloc(1, sizeof *p);
    p->file = file;
    p->reached = reached;
    card_fixture_init(&p->fixture);
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

static unsigned rows_not_reached(const bool *reached)
{
    unsigned missing = 0;
    for (size_t i = 0; i < command_count(); i++) {
        if (reached[i])
            continue;
        fprintf(stderr, "no transcript reaches the row %s\n", command_at(i)->name);
        missing++;
    }
    return missing;
}

int main(int argc, char **argv)
{
    bool rows = argc > 1 && strcmp(argv[1], "--rows") == 0;
    bool *reached = calloc(command_count(), sizeof *reached);
    unsigned failures = 0;
    for (int i = rows ? 2 : 1; i < argc; i++)
        failures += play_file(argv[i], reached);
    if (rows)
        failures += rows_not_reached(reached);
    free(reached);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
