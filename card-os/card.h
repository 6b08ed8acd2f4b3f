/* A SmartCard-HSM. Commands in, answers out; no files, sockets, clocks or output of its own. */
#pragma once

#include "card-os/state.h"

/* ATR 4 of protocol.md 1.1: JCOP 4, T=1, extended lengths. */
extern const struct span card_atr;

/* Power-on: counts it in the log. env and its store must outlive the card. Any fault of the store.
 */
MUST_CHECK int card_init(struct card *card, const struct env *env);
/* Power-off: drops the session and the live keys. Harmless twice. */
void card_deinit(struct card *card);
/* Off, on and reset of the reader, and its loss: ends the session (session.h) and the channel, and
 * drops the session PIN unless it stays over a reset. */
void card_reset(struct card *card);
/* One command. Always writes an answer that ends in a status word; answer must hold CARD_APDU_MAX
 * bytes. Returns 0, or the fault that the status word stands for, for the daemon's log
 * (failure_last() tells more). */
int card_transmit(struct card *card, struct span command, struct writer *answer);
