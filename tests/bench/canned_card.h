/* SPDX-License-Identifier: Apache-2.0 */
/* The reference behind the reader: a card that does as little as one can.
 *
 * It sits in the second slot of a private world's reader, beside our token in the first, and talks
 * to the driver in a plain blocking loop that acknowledges each length at once (TCP_QUICKACK) and
 * answers in one write. Class D0 gets 9000 and nothing is done: that is the floor of PC/SC.
 * Everything else is answered by our own card on a store in memory, so that OpenSC binds to it and
 * can make keys in it. But a signature, or agreement, is made once for each key: from then on its
 * bytes are repeated, with no key, no log and no store touched.
 *
 * D0 01 makes it a bare card until D0 02: before it repeats a result, it computes one of the same
 * sort with the bare library (P2: which of key_sorts(), for all keys), and, if it was given a
 * folder, makes one commit of a plain database there. So it works as long as our card must, and
 * what that does to the caches of all programs involved is in the reference as well.
 *
 * D0 03 tells, as two numbers of 32 bits, how many other commands came since the last D0 03, and
 * how many microseconds the card behind the loop worked on them. */
#pragma once

#include "host/world/world.h"

#define CANNED_PORT 35964 /* of the second slot */

/* The P1 of class D0. */
enum canned_order { CANNED_NOTHING = 0, CANNED_BARE = 1, CANNED_REPEATS = 2, CANNED_TELL = 3 };

/* Starts it inside the world, with the customary PINs; folder: for the plain database, or NULL. It
 * ends when its reader does, or this process. Call it before anything starts a thread. */
pid_t canned_card_start(const struct world *world, const char *folder);
/* Waits for its end, which the end of the world brings. */
void canned_card_await_end(pid_t canned);
