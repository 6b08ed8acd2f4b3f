/* Plays the transcripts against the card in a reader: `glasshsm conform`. They travel in the
 * program (tests/transcripts/embed.py). */
#pragma once

#include <jansson.h>

#include "formats/transcript.h"
#include "host/tool/card/card_verb.h"
#include "host/tool/conform/conform_facts.h"

struct conform_file {
    const char *name, *text;
};
extern const struct conform_file conform_files[]; /* ended by one without a name */

/* Which cases are played. */
enum conform_pass {
    CONFORM_OF_NEW, /* those that want a card that was never initialised; they leave it so */
    CONFORM_OF_ANY, /* all others */
};

enum {                      /* positive results beside those of host/client/client.h */
       CONFORM_STUCK = 200, /* the card cannot be initialised with the development values again */
       CONFORM_INTERRUPTED, /* by a signal */
};

/* What came of it. */
struct conform {
    struct card_call *call;
    bool safe; /* nothing but what changes nothing; else from INITIALIZE to INITIALIZE */
    enum conform_pass pass;
    const char *file;
    unsigned expected, different, otherwise, not_reached, unsent;
    unsigned last_line;        /* of the case played last */
    json_t *differences;       /* objects of docs/CONFORMANCE.md */
    json_t *choices;           /* the same */
    json_t *facts;             /* the same: conform_facts.h */
    bool skipping;             /* what this section needs did not work */
    bool reset_due, power_due; /* before the next case */
    uint8_t so_pin[8];         /* as transcripts change it */
};

/* The call's card is connected and its application selected. 0, or FAULT_MEMORY. */
MUST_CHECK int conform_init(struct conform *p, struct card_call *call, bool safe);
void conform_deinit(struct conform *p);

/* All files. 0, or the result of host/client/client.h or of here that ended it; what was done until then
 * stands in *p. */
MUST_CHECK int conform_play(struct conform *p, enum conform_pass pass);
#define CONFORM_USER_PIN "648219"
/* The SO-PIN that a card must have that is played with unsafely, if it has one. */
extern const uint8_t conform_so_pin[8];
/* INITIALIZE with the development values, then reset. The same results. */
MUST_CHECK int conform_initialise(struct conform *p);
/* Resets the card, and selects the application. The same results. */
MUST_CHECK int conform_reset(struct card_call *call, bool power);
/* Whether a signal is pending that ends a destructive run: SIGINT, SIGTERM or SIGHUP. */
bool conform_interrupted(const struct conform *p);

/* --- For conversations that are no transcripts --- */

/* Judges the answer as that of a case, notes it and counts it. p->skipping is set where the card is
 * now in another state than it should be in. */
void conform_judge(struct conform *p, const struct transcript_case *at, struct span command,
                   struct span answer);
/* Has the report name the case's question, asked or not. FAULT_MEMORY. */
MUST_CHECK int conform_list_choice(struct conform *p, const struct transcript_case *at);
/* Notes and counts an answer that is as expected; */
void conform_fit(struct conform *p, const struct transcript_case *at);
/* and a difference. */
void conform_differ(struct conform *p, const struct transcript_case *at, struct span command,
                    struct span answer);
/* The same for a command that the reader did not pass on; result: what it said. The card is reset.
 * Gives it back when the card is gone. */
MUST_CHECK int conform_unsent(struct conform *p, const struct transcript_case *at,
                              struct span command, int result);
