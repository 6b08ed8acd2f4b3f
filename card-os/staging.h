/* What a command wants of the session. Handlers see the card as const: they read the session with
 * what they have staged themselves, and change the staged copy. The dispatcher makes it the card's
 * once the command's record is durable; a refusal, or a fault at any step before that, leaves the
 * session as it was.
 *
 * A refusal can only take away, where the protocol says so: a wrong PIN logs out, a choice that is
 * refused ends the one before. */
#pragma once

#include "card-os/command.h"

/* The session as the command sees it. */
const struct session *session_seen(const struct call *c);
/* The staged copy, to be changed; made at the first call. */
struct session *session_wanted(struct call *c);
/* A new session: nobody logged in, nothing chosen, no work file. Channel and session PIN stay. */
void session_want_new(struct call *c);
/* The same copy, for a command that is being refused: of what is staged, logins and choices that
 * are no longer there are lost, and nothing else happens. */
struct session *session_losing(struct call *c);

/* A secret as the command sees it; borrowed. Empty: none is held. */
struct span held_seen(const struct call *c, enum held_secret which);
/* Stages one, in place of what is held. FAULT_MEMORY. */
MUST_CHECK int held_want(struct call *c, enum held_secret which, struct span bytes);
/* Stages that there is none. */
void held_drop(struct call *c, enum held_secret which);

/* --- For record.c alone --- */

/* Makes what is staged the card's, or forgets it and takes over nothing but a loss. Cannot fail. */
void staging_take_over(struct card *card, struct staged *staged);
void staging_forget(struct card *card, struct staged *staged);
