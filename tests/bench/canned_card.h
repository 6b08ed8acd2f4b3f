/* The reference behind the reader: a card that does as little as one can.
 *
 * It sits in the second slot of a private world's reader, beside our token in the first, and talks
 * to the driver in a plain blocking loop that acknowledges each length at once (TCP_QUICKACK) and
 * answers in one write. Class D0 gets 9000 and nothing is done: that is the floor of PC/SC.
 * Everything else is answered by our own card on a store in memory, so that OpenSC binds to it and
 * can make keys in it. But a signature is made once for each key: from then on its bytes are
 * repeated, with no key, no log and no store touched. */
#pragma once

#include "host/world.h"

#define CANNED_PORT 35964 /* of the second slot */

/* Starts it inside the world, with the customary PINs. It ends when its reader does, or this
 * process. Call it before anything starts a thread. */
pid_t canned_card_start(const struct world *world);
/* Waits for its end, which the end of the world brings. */
void canned_card_await_end(pid_t canned);
