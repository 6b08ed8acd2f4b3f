/* SPDX-License-Identifier: Apache-2.0 */
/* Watches over a session with a card, beside it in a thread: says what keeps a card for longer than
 * half a second, and turns Ctrl-C during a command of ours into a request to the token's daemon to
 * stop it, so that nothing is half done. */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/bytes.h"
#include "host/tool/card/token_face.h"

struct card_wait {
    bool running; /* the rest holds */
    pthread_t thread;
    sigset_t before; /* the caller's signals */
    int signals, end;
    uint16_t answer;                  /* status word */
    char serial[CLIENT_NAME_MAX + 1]; /* of the token, once it is taken */
    atomic_bool taken;                /* the card is ours; before, others may keep it */
    bool asked, stopping;             /* by Ctrl-C: the daemon was asked; it stops a command */
};

/* Begins before the card is taken. Where it cannot, a session goes on without it. */
void card_wait_begin(struct card_wait *wait);
void card_wait_taken(struct card_wait *wait, struct span serial);
/* The last status word of the verb, which tells whether a cancelled command was stopped. */
void card_wait_answered(struct card_wait *wait, uint16_t answer);
/* Ends it. After a Ctrl-C by which the token stopped the command the process ends, as it does by
 * Ctrl-C elsewhere; a command that was done all the same is said to be. Harmless where it did not
 * begin. */
void card_wait_end(struct card_wait *wait);
