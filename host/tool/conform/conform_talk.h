/* Conversations that are computed while they go on, for `glasshsm conform --destructive`: what
 * travels under the keys of a channel, what custodians sign, what members of a group exchange.
 *
 * A conversation is a function that says one step after the other, straight down. Each step is a
 * case, judged and counted as those of a transcript are; `line` is its number. Once a step leaves
 * nothing to go on with, all later ones do nothing, and are counted as not reached. */
#pragma once

#include "formats/apdu.h"
#include "formats/channel.h"
#include "host/tool/conform/conform_play.h"

struct talk_certificates; /* host/tool/conform/conform_certificates.h */

#define TALK_MAC 8
struct talk {
    struct conform *p;
    struct talk_certificates *papers; /* what earlier conversations made */
    unsigned steps;
    int result; /* of what ended it all; 0: nothing did */
    const char *clauses;
    const char *choice, *question; /* of the next step; NULL: it asks nothing open */
    const char *facts;             /* the same; NULL: it rests on none */
    struct channel *channel;       /* through which commands go; NULL: in the clear */
    size_t mac_size;               /* of commands in it */
    bool unheard;                  /* what came was not the card's, through that channel */
    int lost;                      /* what came instead of an answer; 0: one came */
    bool fits;                     /* the last step was as expected */
    struct writer command, answer; /* as said and heard, without the channel's protection */
    uint8_t command_bytes[READER_ANSWER_SIZE], answer_bytes[READER_ANSWER_SIZE];
};

/* A row of the table in conform_computed.c. */
struct talk_row {
    const char *name, *clauses;
    unsigned cases; /* steps that it has */
    void (*run)(struct talk *t);
};

/* Plays it. 0, or a result as conform_play() gives them. */
MUST_CHECK int talk_run(struct conform *p, struct talk_certificates *papers,
                        const struct talk_row *row);

/* Whether there is something to go on with. */
bool talk_goes_on(const struct talk *t);
/* Nothing more is reached. */
void talk_stop(struct talk *t);
/* The same, unless the last step succeeded. */
void talk_needs_success(struct talk *t);
/* Hands a fault of ours up; else it does nothing. */
void talk_check(struct talk *t, int result);

/* What the following steps rest on. */
void talk_clauses(struct talk *t, const char *clauses);
/* The next step asks an open question: a row of card-os/choices.h (question: NULL), or another, for
 * which the step has to name the other likely answers. */
void talk_asks(struct talk *t, const char *choice, const char *question);
/* The next step rests on facts of docs/HARDWARE.md: numbers with blanks between them. */
void talk_facts(struct talk *t, const char *facts);

/* A step. expected: patterns of formats/transcript.h with `|` between them, and after a `~` those
 * of a card that goes another likely way. The command in hexadecimal is sent as it stands; the
 * other is written in its shortest form (le 0: none). */
void talk_say(struct talk *t, const char *command, const char *expected);
void talk_command(struct talk *t, uint32_t header, struct span data, uint32_t le,
                  const char *expected);
/* In two halves, for what is expected of an answer that has to be seen first. */
void talk_send(struct talk *t, struct span command);
void talk_send_command(struct talk *t, uint32_t header, struct span data, uint32_t le);
void talk_expect(struct talk *t, const char *expected);
/* A step without a command of its own: something that holds of the last answer. */
void talk_demand(struct talk *t, bool holds, const char *what);

/* The last answer without its status word. */
struct span talk_data(const struct talk *t);
uint16_t talk_status(const struct talk *t);

/* Resets the card; the application is selected and the channel is gone. */
void talk_reset(struct talk *t);
/* INITIALIZE with the development values, then reset. */
void talk_initialise(struct talk *t);

/* Steps that many have: VERIFY with the user PIN, */
void talk_log_in(struct talk *t);
/* and what only somebody may who is logged in: writing the file CF7F. */
#define TALK_ALLOWED "90 00"
#define TALK_REFUSED "69 82"
void talk_try(struct talk *t, const char *expected);

/* A pattern that is put together. */
struct talk_pattern {
    char text[1024];
};
void talk_pattern_add(struct talk_pattern *pattern, const char *text);
void talk_pattern_bytes(struct talk_pattern *pattern, struct span bytes);
