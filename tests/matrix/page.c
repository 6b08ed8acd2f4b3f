/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/matrix/page.h"

#include <stdlib.h>
#include <string.h>

const char *const state_names[STATES] = {
    "blank",  "closed", "user",    "officer", "both",   "fresh",    "channel",
    "secure", "left",   "session", "one",     "enough", "together", "guarded",
};

const char *const state_texts[STATES] = {
    "never initialised",
    "initialised, no login",
    "the user PIN was verified",
    "the SO-PIN was verified",
    "first the one, then the other",
    "INITIALIZE has just logged in",
    "no login; commands come through the secure channel",
    "the user PIN was verified in the channel, and commands come through it",
    "the same, but then a plain command ended the channel",
    "a session PIN was verified, in the channel",
    "one custodian too few has signed in",
    "enough custodians have signed in",
    "enough custodians have signed in, and the user PIN was verified",
    "enough custodians have signed in, in the channel",
};

/* --- Text --- */

static char *trimmed(char *field)
{
    field += strspn(field, " ");
    size_t end = strlen(field);
    while (end && strchr(" \n", field[end - 1]))
        field[--end] = 0;
    return field;
}

static int state_called(const char *name)
{
    for (int i = 0; i < STATES; i++)
        if (strcmp(state_names[i], name) == 0)
            return i;
    return -1;
}

/* --- Lines --- */

/* "fresh 9000, one 63C3" */
static bool read_others(char *text, struct line *out)
{
    for (char *item = strsep(&text, ","); item; item = strsep(&text, ",")) {
        item = trimmed(item);
        char *name = strsep(&item, " ");
        int state = state_called(name);
        if (state < COLUMNS || !item)
            return false;
        out->other[state] = trimmed(item);
    }
    return true;
}

static bool read_line(char *text, struct line *out)
{
    char *fields[2 + COLUMNS], *rest = text;
    for (size_t i = 0; i < 2 + COLUMNS; i++) {
        char *field = strsep(&rest, "|");
        if (!field)
            return false;
        fields[i] = trimmed(field);
    }
    out->row = fields[0];
    out->command = fields[1];
    memcpy(out->expected, fields + 2, sizeof out->expected);
    return !rest || read_others(rest, out);
}

/* --- Sections --- */

static void walk(struct section *section, enum state state, enum state like)
{
    section->walked[state] = true;
    section->like[state] = like;
}

/* What every device can be in; lines of the base in addition on a blank one. */
static void usual_states(struct section *section)
{
    for (enum state i = CLOSED; i < COLUMNS; i++)
        walk(section, i, i);
    walk(section, FRESH, USER_IN);
    walk(section, CHANNEL, CLOSED);
    walk(section, SECURE, USER_IN);
    walk(section, LEFT, CLOSED);
}

/* "closed user:closed ...": the states that this device can be in, and whose column they have. */
static bool read_states(char *text, struct section *out)
{
    char words[256], *rest = words;
    out->states = trimmed(text);
    memset(out->walked, 0, sizeof out->walked);
    bool good = (size_t)snprintf(words, sizeof words, "%s", out->states) < sizeof words;
    for (char *word = strsep(&rest, " "); good && word; word = strsep(&rest, " ")) {
        char *like = word;
        int state = state_called(strsep(&like, ":"));
        int column = like ? state_called(like) : state;
        good = state > BLANK && column >= CLOSED && column < COLUMNS;
        if (good)
            walk(out, (enum state)state, (enum state)column);
    }
    return good;
}

static bool begin_section(struct page *page, char *text, const char *comment)
{
    if (page->count == SECTIONS_MAX)
        return false;
    struct section *section = &page->sections[page->count++];
    section->comment = comment;
    section->initialise = trimmed(text);
    usual_states(section);
    return true;
}

static bool take(struct page *page, char *text, unsigned number, const char **comment)
{
    struct section *section = &page->sections[page->count - 1];
    switch (text[0]) {
    case '#':
        *comment = trimmed(text + 1);
        return true;
    case '!':
        return begin_section(page, text + 1, *comment);
    case '=':
        return read_states(text + 1, section);
    default:
        if (section->count == LINES_MAX)
            return false;
        section->lines[section->count].number = number;
        return read_line(text, &section->lines[section->count++]);
    }
}

static bool take_all(struct page *page)
{
    const char *comment = "";
    char *rest = page->text;
    unsigned number = 1;
    for (char *text = strsep(&rest, "\n"); text && rest; text = strsep(&rest, "\n"), number++)
        if (!take(page, text, number, &comment)) {
            fprintf(stderr, "line %u is not a line of the matrix\n", number);
            return false;
        }
    return true;
}

struct page *page_read(FILE *in)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page)
        return NULL;
    page->count = 1;
    usual_states(&page->sections[0]);
    size_t size = fread(page->text, 1, sizeof page->text, in);
    if (size < sizeof page->text && take_all(page)) /* zeroes follow it */
        return page;
    free(page);
    return NULL;
}

/* --- What is expected --- */

static bool same_command(const char *a, const char *b)
{
    while (*a || *b) {
        a += strspn(a, " ");
        b += strspn(b, " ");
        if (*a != *b)
            return false;
        a += *a != 0;
        b += *b != 0;
    }
    return true;
}

const struct line *page_line(const struct page *page, size_t section, const struct line *base)
{
    const struct section *at = &page->sections[section];
    for (size_t i = 0; i < at->count; i++)
        if (same_command(at->lines[i].command, base->command))
            return &at->lines[i];
    return base;
}

static bool is_of(const struct section *section, const struct line *line)
{
    return line >= section->lines && line < section->lines + section->count;
}

/* A section's own lines say what its columns are; lines of the base are read as its states say. */
const char *page_expected(const struct page *page, size_t section, const struct line *line,
                          enum state state)
{
    const struct section *at = &page->sections[section];
    bool own = is_of(at, line);
    if (state == BLANK)
        return own ? line->expected[BLANK] : NULL;
    if (!at->walked[state])
        return NULL;
    if (line->other[state])
        return line->other[state];
    return line->expected[own && state < COLUMNS ? state : at->like[state]];
}
