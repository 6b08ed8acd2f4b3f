/* Prints docs/ACCESS.md: the access matrix (tests/matrix/access.txt) beside the rules of the
 * tables. A test compares the page with this output; run_matrix proves it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card-os/command.h"
#include "formats/sw.h"

#define STATES     5
#define WORDS_MAX  64 /* different status words */
#define SHOWN_SIZE 96 /* of a command */

struct page {
    char comment[512]; /* the last one */
    bool in_table;
    uint16_t words[WORDS_MAX];
    size_t word_count;
};

static const char beginning[] =
    "# Who may\n"
    "\n"
    "Every command in every state of a session, and what the card answers. Printed from "
    "`tests/matrix/access.txt` and the\n"
    "tables in `card-os/` by `build/tests/support/print_access`; a test fails when this page is "
    "stale, another sends each\n"
    "command of it to the card in each state.\n"
    "\n"
    "* blank: never initialised\n"
    "* closed: initialised, no login\n"
    "* user: the user PIN was verified\n"
    "* officer: the SO-PIN was verified\n"
    "* both: first the one, then the other\n"
    "\n"
    "In all states but blank there are key 02 (P-256), the public file C401 and the confidential "
    "file CD05. `ok` is 9000; what\n"
    "the other answers mean stands at the end. [COMMANDS.md](COMMANDS.md) explains the rules.\n";

static char *trimmed(char *field)
{
    field += strspn(field, " ");
    size_t end = strlen(field);
    while (end && strchr(" \n", field[end - 1]))
        field[--end] = 0;
    return field;
}

static const char *rule_of(const char *row)
{
    for (size_t i = 0; i < command_count(); i++)
        if (strcmp(command_at(i)->name, row) == 0)
            return access_rule_name(command_at(i)->rule);
    return "?";
}

static void remember(struct page *page, uint16_t word)
{
    for (size_t i = 0; i < page->word_count; i++)
        if (page->words[i] == word)
            return;
    if (page->word_count < WORDS_MAX)
        page->words[page->word_count++] = word;
}

static void print_answer(struct page *page, const char *text)
{
    uint16_t word = (uint16_t)strtoul(text, NULL, 16);
    if (word == 0x9000) {
        printf(" ok |");
        return;
    }
    printf(" %04X |", word);
    remember(page, word);
}

static void open_table(struct page *page)
{
    if (page->in_table)
        return;
    printf(
        "\n| command | sent | rule | blank | closed | user | officer | both |\n"
        "|---|---|---|---|---|---|---|---|\n");
    page->in_table = true;
}

static void print_line(struct page *page, char *line)
{
    char *row = trimmed(strsep(&line, "|"));
    char *command = line ? trimmed(strsep(&line, "|")) : row;
    open_table(page);
    printf("| %s | `%.*s%s` | %s |", row, SHOWN_SIZE, command,
           strlen(command) > SHOWN_SIZE ? "..." : "", rule_of(row));
    for (unsigned i = 0; i < STATES && line; i++)
        print_answer(page, trimmed(strsep(&line, "|")));
    printf("\n");
}

/* From here on the device is initialised otherwise; the comment before says how. */
static void begin_part(struct page *page, char *line)
{
    printf("\n## %s\n\nInitialised with `%s`.\n", page->comment, trimmed(line + 1));
    page->in_table = false;
}

static void take(struct page *page, char *line)
{
    if (line[0] == '#')
        snprintf(page->comment, sizeof page->comment, "%s", trimmed(line + 1));
    else if (line[0] == '!')
        begin_part(page, line);
    else
        print_line(page, line);
}

static int compare(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void print_words(struct page *page)
{
    qsort(page->words, page->word_count, sizeof page->words[0], compare);
    printf("\n## The answers\n\n| answer | meaning |\n|---|---|\n| 9000 (ok) | %s |\n",
           sw_text(0x9000));
    for (size_t i = 0; i < page->word_count; i++)
        printf("| %04X | %s |\n", page->words[i], sw_text(page->words[i]));
}

int main(int argc, char **argv)
{
    char line[2048];
    struct page page = { 0 };
    FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!in)
        return EXIT_FAILURE;
    fputs(beginning, stdout);
    while (fgets(line, sizeof line, in))
        take(&page, line);
    fclose(in);
    print_words(&page);
    return EXIT_SUCCESS;
}
