/* SPDX-License-Identifier: Apache-2.0 */
/* The access matrix as it is written down: tests/matrix/access.txt. Its first lines explain it.
 *
 * A section is a device initialised in one way. The first one is the base: whatever a later section
 * does not say is expected there as in the base. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of a line, and the other states, each of which is like one of them but where said. */
enum state {
    BLANK,
    CLOSED,
    USER_IN,
    OFFICER_IN,
    BOTH_IN,
    FRESH,
    CHANNEL,
    SECURE,
    LEFT,
    SESSION,
    ONE,
    ENOUGH,
    TOGETHER,
    GUARDED,
    STATES
};
#define COLUMNS (BOTH_IN + 1)
extern const char *const state_names[STATES];
extern const char *const state_texts[STATES];

#define SECTIONS_MAX 32
#define LINES_MAX    256
#define TEXT_MAX     (1 << 17)

struct line {
    unsigned number;         /* in the file */
    char *row, *command;     /* the row of the table that it reaches */
    char *expected[COLUMNS]; /* status words; "-": a state that is not reached */
    char *other[STATES];     /* where a state's is another than its column's; or NULL */
};

struct section {
    const char *comment;    /* the last one before it */
    const char *initialise; /* NULL: the base, as tests/support/commands.h has it */
    const char *states;     /* as written; NULL: as in the base */
    bool walked[STATES];
    enum state like[STATES]; /* whose column lines of the base are read in */
    size_t count;
    struct line lines[LINES_MAX];
};

struct page {
    size_t count;
    struct section sections[SECTIONS_MAX];
    char text[TEXT_MAX]; /* the file; everything above points into it */
};

/* To be freed. NULL, after saying on stderr what is wrong with which line. */
struct page *page_read(FILE *in);
/* The line of the section that has the same command, or the base's own. */
const struct line *page_line(const struct page *page, size_t section, const struct line *base);
/* The status word as text, or NULL when this state is not walked there. */
const char *page_expected(const struct page *page, size_t section, const struct line *line,
                          enum state state);
