/* The host's side of the secure channel to a card (protocol.md 11.2, 11.3). Aborts where the card's
 * answers do not verify. */
#pragma once

#include "formats/channel.h"
#include "tests/support/card_fixture.h"

void host_channel_open(struct card_fixture *f, struct channel *out);
/* Sends a command through it; the answer is left in f->answer as if it had come plainly. Gives the
 * status word. */
uint16_t host_channel_send(struct card_fixture *f, struct channel *channel, struct span command);
