/* Transcripts: conversations with a card, one command and its expected answer a line. They are
 * played against the card in this process (tests/transcripts/run.c) and against any reader
 * (`glasshsm conform`).
 *
 *     # comment
 *     @ 9.1 16 safe           the clauses of docs/protocol.md that the following cases rest on, and
 *                             what they are: `safe`, `ours`, `new`; holds until the next
 *     = title                 a section: needs nothing of what stands above
 *     > 00 84 00 00 08        a case: a command (`{8}`: eight zero bytes) ...
 *     < .. .. * 90 00         ... and its answer. `..` is any byte, `6.` any of its first digit,
 *     < 6D 00                 `{8}` eight bytes, `*` any number of them. Several: any of them
 *     ? SURPLUS_SHARE         before a case: it asks an open question, a row of card-os/choices.h
 *     ? NAME what is asked    ... or one that stands here alone, with
 *     ~ 69 86                 after the answers: those of a card that goes another likely way
 *     % 25 26                 before a case: hardware was seen to answer so, facts 25 and 26 of
 *                             docs/HARDWARE.md, which names who saw it
 *     ! reset                 the reader resets the card
 *     ! power                 power off and on
 *     ! initialise            INITIALIZE with the development values, then reset
 *
 * `safe`: can be sent to a token with keys that people need (transcript_is_harmless). `ours`: an
 * extension, or a value, of Glass HSM alone. `new`: answered so by a card that was never
 * initialised, in whatever order. */
#pragma once

#include "base/bytes.h"

#define TRANSCRIPT_ANSWERS 6 /* that a case may have, of each sort */

/* Everything is borrowed from the text. */
struct transcript_case {
    unsigned line;
    struct span clauses; /* as they stand there */
    bool safe, ours, new;
    struct span choice, question; /* name and words after `?`; empty: the case asks nothing open */
    struct span facts;            /* numbers after `%`; empty: nobody reported it of hardware */
    struct span command;
    struct span expected[TRANSCRIPT_ANSWERS], other[TRANSCRIPT_ANSWERS];
    unsigned expected_count, other_count;
};

enum transcript_item {
    TRANSCRIPT_END,
    TRANSCRIPT_BAD, /* `why` says what is wrong in `line`; nothing more comes */
    TRANSCRIPT_CASE,
    TRANSCRIPT_SECTION,
    TRANSCRIPT_RESET,
    TRANSCRIPT_POWER,
    TRANSCRIPT_INITIALISE,
};

struct transcript {
    const char *name;
    struct span rest;
    unsigned line;
    const char *why; /* NULL: all is well so far */
    struct span clauses, choice, question, facts;
    bool safe, ours, new;
};

struct transcript transcript_of(const char *name, struct span text);
/* The next item; *out is written for a case alone. */
enum transcript_item transcript_next(struct transcript *t, struct transcript_case *out);

/* Appends a case's command; out->full when it does not fit. */
void transcript_command(const struct transcript_case *from, struct writer *out);
/* Whether the case expects 9000 and nothing else. */
bool transcript_is_success(const struct transcript_case *at);
/* Text without the blanks around it. */
struct span transcript_trim(struct span text);
/* What stands before a mark, or all of it; takes that, and the mark, off text. */
struct span transcript_cut(struct span *text, uint8_t mark);
/* Whether one of so many patterns is that of the answer. */
bool transcript_matches(const struct span *patterns, unsigned count, struct span answer);
/* Whether every card, also a faulty one, can be given this command without a login: it presents no
 * PIN, writes nothing, uses no key that is not the device's. */
bool transcript_is_harmless(struct span command);
