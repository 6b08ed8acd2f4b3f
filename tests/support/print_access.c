/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/ACCESS.md: the access matrix (tests/matrix/access.txt) beside the rules of the
 * tables. A test compares the page with this output; run_matrix proves it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card-os/access.h"
#include "card-os/command.h"
#include "formats/sw.h"
#include "tests/matrix/page.h"

#define WORDS_MAX  64 /* different status words */
#define SHOWN_SIZE 96 /* of a command */

struct words {
    uint16_t words[WORDS_MAX];
    size_t count;
};

static const char beginning[] =
    "# Who may\n"
    "\n"
    "Every command in every state of a session, and what the card answers. Printed from "
    "`tests/matrix/access.txt` and the\n"
    "tables in `card-os/` by `build/tests/support/print_access`; a test fails when this page is "
    "stale, another sends each\n"
    "command of it to the card in each state.\n"
    "\n";

static const char middle[] =
    "\n"
    "Where nothing else is said under \"elsewhere\", *fresh* and *secure* are answered as *user*, "
    "*channel* and *left* as *closed*.\n"
    "In all states but blank there are key 02 (P-256), the public file C401 and the confidential "
    "file CD05. `ok` is 9000, `-`\n"
    "a state that is not reached; what the other answers mean stands at the end. "
    "[COMMANDS.md](COMMANDS.md) explains the rules.\n"
    "\n"
    "The first table is a device initialised with options 0001 and nothing else. Every further one "
    "tells all in which another\n"
    "device differs: its other commands, in every state, are answered as in the first, which is "
    "tested as well.\n";

static const char *rule_of(const char *row)
{
    for (size_t i = 0; i < command_count(); i++)
        if (strcmp(command_at(i)->name, row) == 0)
            return access_rule_name(command_at(i)->rule);
    return "?";
}

static void remember(struct words *words, uint16_t word)
{
    for (size_t i = 0; i < words->count; i++)
        if (words->words[i] == word)
            return;
    if (words->count < WORDS_MAX)
        words->words[words->count++] = word;
}

static void print_answer(struct words *words, const char *text)
{
    uint16_t word = (uint16_t)strtoul(text, NULL, 16);
    if (word == 0)
        printf("-");
    else if (word == 0x9000)
        printf("ok");
    else
        printf("%04X", word);
    if (word && word != 0x9000)
        remember(words, word);
}

static void print_others(struct words *words, const struct line *line)
{
    const char *between = "";
    for (size_t i = 0; i < STATES; i++)
        if (line->other[i]) {
            printf("%s%s ", between, state_names[i]);
            print_answer(words, line->other[i]);
            between = ", ";
        }
}

static void print_line(struct words *words, const struct line *line)
{
    printf("| %s | `%.*s%s` | %s |", line->row, SHOWN_SIZE, line->command,
           strlen(line->command) > SHOWN_SIZE ? "..." : "", rule_of(line->row));
    for (size_t i = 0; i < COLUMNS; i++) {
        printf(" ");
        print_answer(words, line->expected[i]);
        printf(" |");
    }
    printf(" ");
    print_others(words, line);
    printf(" |\n");
}

/* "user as closed" */
static void print_states(const struct section *section)
{
    const char *between =
        "\nStates, and as what commands that stand in no line are answered there: ";
    if (!section->states)
        return;
    for (size_t i = 0; i < STATES; i++)
        if (section->walked[i]) {
            printf("%s%s", between, state_names[i]);
            if (section->like[i] != i)
                printf(" as %s", state_names[section->like[i]]);
            between = ", ";
        }
    printf(".\n");
}

static void print_section(struct words *words, const struct section *section)
{
    if (section->initialise)
        printf("\n## %s\n\nInitialised with `%s`.\n", section->comment, section->initialise);
    print_states(section);
    printf(
        "\n| command | sent | rule | blank | closed | user | officer | both | elsewhere |\n"
        "|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < section->count; i++)
        print_line(words, &section->lines[i]);
}

static int compare(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void print_words(struct words *words)
{
    qsort(words->words, words->count, sizeof words->words[0], compare);
    printf("\n## The answers\n\n| answer | meaning |\n|---|---|\n| 9000 (ok) | %s |\n",
           sw_text(0x9000));
    for (size_t i = 0; i < words->count; i++)
        printf("| %04X | %s |\n", words->words[i], sw_text(words->words[i]));
}

int main(int argc, char **argv)
{
    struct words words = { 0 };
    FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
    struct page *page = in ? page_read(in) : NULL;
    if (!page)
        return EXIT_FAILURE;
    fclose(in);
    fputs(beginning, stdout);
    for (size_t i = 0; i < STATES; i++)
        printf("* %s: %s\n", state_names[i], state_texts[i]);
    fputs(middle, stdout);
    for (size_t i = 0; i < page->count; i++)
        print_section(&words, &page->sections[i]);
    print_words(&words);
    free(page);
    return EXIT_SUCCESS;
}
