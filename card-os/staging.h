/* SPDX-License-Identifier: Apache-2.0 */
/* How a command changes the session. The card is const to handlers: they change a staged copy of
 * the session, and read the session as that copy makes it. The staged copy becomes the card's
 * session once the command's record is durable; a refusal, or a fault at any step before that,
 * leaves the session as it was.
 *
 * A refusal can only take something away, where the protocol says so: a wrong PIN logs out, and a
 * refused choice ends an earlier one. */
#pragma once

#include "card-os/command.h"

/* The session as the command sees it: staged, or else the card's. */
const struct session *session_seen(const struct call *c);
/* The staged copy, to be changed. The first call makes it. */
struct session *session_wanted(struct call *c);
/* Stages a new session: nobody logged in, nothing chosen, no work file, no binding key. Channel and
 * session PIN stay. */
void session_want_new(struct call *c);
/* The staged copy, for whatever says that somebody has logged in. The login ends with the channel,
 * if the command came through it (sm.h). */
struct session *session_logging_in(struct call *c);
/* The staged copy, for a command that will be refused: logins and choices that are missing in it
 * are lost, and nothing else of it becomes true. */
struct session *session_losing(struct call *c);

/* A held secret as the command sees it; borrowed. Empty: none is held. */
struct span held_seen(const struct call *c, enum held_secret which);
/* Stages that a copy of these bytes is held, in place of what is held now. FAULT_MEMORY. */
MUST_CHECK int held_want(struct call *c, enum held_secret which, struct span bytes);
/* Stages that none is held. */
void held_drop(struct call *c, enum held_secret which);

/* --- For record.c alone --- */

/* The first makes what is staged the card's. The second wipes it, after it has taken over what
 * session_losing() says is lost. Neither can fail. */
void staging_take_over(struct card *card, struct staged *staged);
void staging_forget(struct card *card, struct staged *staged);
