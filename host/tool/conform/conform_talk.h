/* SPDX-License-Identifier: Apache-2.0 */
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
    struct talk_certificates *papers; /* certificates and keys, made by earlier conversations */
    unsigned steps;
    int result; /* the result that ended the run; 0: it goes on */
    const char *clauses;
    const char *choice, *question; /* what the next step asks; NULL: no open question */
    const char *facts;             /* facts on which the next step rests; NULL: none */
    struct channel *channel;       /* commands are sent through it; NULL: in the clear */
    size_t mac_size;               /* bytes of MAC on commands in the channel */
    bool unheard;                  /* the last answer did not verify in the channel */
    int lost;                      /* the reader's result in place of an answer; 0: there was one */
    bool fits;                     /* the last step's answer was as expected */
    struct writer command, answer; /* in plain, without the channel's protection */
    uint8_t command_bytes[READER_ANSWER_SIZE], answer_bytes[READER_ANSWER_SIZE];
};

/* A row of the table in conform_computed.c. */
struct talk_row {
    const char *name, *clauses;
    unsigned cases; /* number of its steps */
    void (*run)(struct talk *t);
};

/* Plays a conversation. 0, or a result of conform_play(). */
MUST_CHECK int talk_run(struct conform *p, struct talk_certificates *papers,
                        const struct talk_row *row);

/* Whether the conversation goes on. */
bool talk_goes_on(const struct talk *t);
/* Stops the conversation: later steps are counted as not reached. */
void talk_stop(struct talk *t);
/* Stops the conversation unless the last step succeeded. */
void talk_needs_success(struct talk *t);
/* Ends the run with a fault of our own; does nothing for result 0. */
void talk_check(struct talk *t, int result);

/* Sets the clauses of protocol.md that the following steps test. */
void talk_clauses(struct talk *t, const char *clauses);
/* The next step asks an open question: a row of card-os/choices.h (question NULL), or another
 * question, for which the step has to name the other likely answers. */
void talk_asks(struct talk *t, const char *choice, const char *question);
/* The next step rests on facts of docs/HARDWARE.md: numbers with blanks between them. */
void talk_facts(struct talk *t, const char *facts);

/* A step: sends a command and compares the answer. expected: patterns of formats/transcript.h with
 * `|` between them, and after a `~` the answers of a card that behaves another likely way.
 * talk_say() sends hexadecimal as it stands; talk_command() encodes the command in its shortest
 * form (le 0: none). */
void talk_say(struct talk *t, const char *command, const char *expected);
void talk_command(struct talk *t, uint32_t header, struct span data, uint32_t le,
                  const char *expected);
/* A step in two halves, for an expectation that depends on the answer: send, then expect. */
void talk_send(struct talk *t, struct span command);
void talk_send_command(struct talk *t, uint32_t header, struct span data, uint32_t le);
void talk_expect(struct talk *t, const char *expected);
/* A step without a command: judges whether something holds of the last answer. */
void talk_demand(struct talk *t, bool holds, const char *what);

/* The last answer without its status word. */
struct span talk_data(const struct talk *t);
uint16_t talk_status(const struct talk *t);

/* Resets the card: the application is selected and the channel is gone. */
void talk_reset(struct talk *t);
/* Sends INITIALIZE with the development values, then resets the card. */
void talk_initialise(struct talk *t);

/* A step: VERIFY with the user PIN. */
void talk_log_in(struct talk *t);
/* A step that only a logged-in user may do: writing the file CF7F. */
#define TALK_ALLOWED "90 00"
#define TALK_REFUSED "69 82"
void talk_try(struct talk *t, const char *expected);

/* A pattern that is assembled from parts. */
struct talk_pattern {
    char text[1024];
};
void talk_pattern_add(struct talk_pattern *pattern, const char *text);
void talk_pattern_bytes(struct talk_pattern *pattern, struct span bytes);
