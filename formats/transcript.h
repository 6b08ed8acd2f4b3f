/* SPDX-License-Identifier: Apache-2.0 */
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

#define TRANSCRIPT_ANSWERS 6 /* most answers of a case, expected and other ones each */

/* A case: a command and its expected answers. All spans are borrowed from the text. */
struct transcript_case {
    unsigned line;
    struct span clauses; /* as written in the file */
    bool safe, ours, fresh;
    struct span choice, question; /* name and words after `?`; empty: the case asks no open
                                     question */
    struct span facts;            /* numbers after `%`; empty: no report of hardware */
    struct span command;
    struct span expected[TRANSCRIPT_ANSWERS], other[TRANSCRIPT_ANSWERS];
    unsigned expected_count, other_count;
};

enum transcript_item {
    TRANSCRIPT_END,
    TRANSCRIPT_BAD, /* malformed: `why` says what is wrong, `line` where; no more items follow */
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
    const char *why; /* reason of TRANSCRIPT_BAD; NULL: no error so far */
    struct span clauses, choice, question, facts;
    bool safe, ours, fresh;
};

struct transcript transcript_of(const char *name, struct span text);
/* Reads the next item; *out is written for TRANSCRIPT_CASE only. */
enum transcript_item transcript_next(struct transcript *t, struct transcript_case *out);

/* Appends the bytes of a case's command; out->full when it does not fit. */
void transcript_command(const struct transcript_case *from, struct writer *out);
/* Whether 9000 is the only answer that the case expects. */
bool transcript_is_success(const struct transcript_case *at);
/* Removes blanks at both ends of a text. */
struct span transcript_trim(struct span text);
/* Returns the text before the first mark, or all of it if there is none, and removes that and the
 * mark from *text. */
struct span transcript_cut(struct span *text, uint8_t mark);
/* Whether an answer matches one of `count` patterns. */
bool transcript_matches(const struct span *patterns, unsigned count, struct span answer);
/* Whether this command is harmless without a login on every card, even a faulty one: it presents no
 * PIN, writes nothing, and uses no key except the device's own. */
bool transcript_is_harmless(struct span command);
