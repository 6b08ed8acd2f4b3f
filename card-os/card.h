/* SPDX-License-Identifier: Apache-2.0 */
/* A SmartCard-HSM: commands in, answers out. It uses no files, sockets, clocks or output of its
 * own; what it needs from outside is env.h. */
#pragma once

#include "card-os/state.h"

/* The answer to reset: ATR 4 of protocol.md 1.1, JCOP 4, T=1, extended lengths. */
extern const struct span card_atr;

/* Powers the card on, and records it. env and its store must outlive the card. Any fault of the
 * store. */
MUST_CHECK int card_init(struct card *card, const struct env *env);
/* Powers the card off: records it, and wipes the session and the live keys. Harmless twice. */
void card_deinit(struct card *card);
/* For power-off, power-on, reset and loss of the reader: ends the session (session.h) and the
 * channel, and drops the session PIN unless it outlives a reset (session_pin.h). */
void card_reset(struct card *card);
/* Runs one command and appends its answer, which always ends in a status word; `answer` must have
 * room for CARD_APDU_MAX bytes. Returns 0, or the machine's fault behind the status word, for the
 * daemon's log (failure_last() has its cause). */
int card_transmit(struct card *card, struct span command, struct writer *answer);
