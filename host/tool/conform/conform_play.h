/* SPDX-License-Identifier: Apache-2.0 */
/* Plays the transcripts against the card in a reader, for `glasshsm conform`. The transcripts are
 * compiled into the program (tests/transcripts/embed.py). */
#pragma once

#include <jansson.h>

#include "base/results.h"
#include "formats/transcript.h"
#include "host/tool/card/card_verb.h"
#include "host/tool/conform/conform_facts.h"

struct conform_file {
    const char *name, *text;
};
extern const struct conform_file conform_files[]; /* the last one has no name */

/* The cases that a pass plays. */
enum conform_pass {
    CONFORM_OF_NEW, /* cases that need a card that was never initialised; they leave it so */
    CONFORM_OF_ANY, /* all other cases */
};

/* Positive results beside those of host/client/client.h. */
enum {
    /* The card cannot be initialised with the development values again. */
    CONFORM_STUCK = RESULTS_CONFORM,
    CONFORM_INTERRUPTED, /* a signal ended the run */
};

/* A run and its results. */
struct conform {
    struct card_call *call;
    /* Send read-only commands only; else everything, beginning and ending with INITIALIZE. */
    bool safe;
    enum conform_pass pass;
    const char *file;
    unsigned expected, different, otherwise, not_reached, unsent;
    unsigned last_line;        /* line of the case that was played last */
    json_t *differences;       /* objects of docs/CONFORMANCE.md */
    json_t *choices;           /* objects of docs/CONFORMANCE.md: open questions */
    json_t *facts;             /* rows of conform_facts.h */
    bool skipping;             /* a step that this section needs has failed */
    bool reset_due, power_due; /* before the next case */
    uint8_t so_pin[8];         /* the SO-PIN that the card has now */
};

/* The call's card must be connected and its application selected. 0, or FAULT_MEMORY. */
MUST_CHECK int conform_init(struct conform *p, struct card_call *call, bool safe);
void conform_deinit(struct conform *p);

/* Plays all files. 0, or the result of host/client/client.h or of this header that ended it; *p has
 * what was done until then. */
MUST_CHECK int conform_play(struct conform *p, enum conform_pass pass);
#define CONFORM_USER_PIN "648219"
/* The SO-PIN that a card, if it has one, must have for a destructive run. */
extern const uint8_t conform_so_pin[8];
/* Sends INITIALIZE with the development values, then resets the card. Results as of
 * conform_play(). */
MUST_CHECK int conform_initialise(struct conform *p);
/* Resets the card and selects the application. Results as of conform_play(). */
MUST_CHECK int conform_reset(struct card_call *call, bool power);
/* Whether a signal is pending that ends a destructive run: SIGINT, SIGTERM or SIGHUP. */
bool conform_interrupted(const struct conform *p);

/* --- For computed conversations (conform_talk.h) --- */

/* Compares the answer with what the case expects, notes and counts the result. Sets p->skipping
 * when the card is now in another state than the case expects. */
void conform_judge(struct conform *p, const struct transcript_case *at, struct span command,
                   struct span answer);
/* Makes the report name the case's open question, whether it will be asked or not. FAULT_MEMORY. */
MUST_CHECK int conform_list_choice(struct conform *p, const struct transcript_case *at);
/* Counts an answer that is as expected, and notes it for the case's facts. */
void conform_fit(struct conform *p, const struct transcript_case *at);
/* Counts and notes an answer that is not as expected. */
void conform_differ(struct conform *p, const struct transcript_case *at, struct span command,
                    struct span answer);
/* Counts and notes a command that the reader did not pass on, and resets the card; result: what the
 * reader's call returned. Returns 0, or `result` when the card is gone. */
MUST_CHECK int conform_unsent(struct conform *p, const struct transcript_case *at,
                              struct span command, int result);
