/* Session PINs (protocol.md 3.6, options 0004 and 0008): eight digits that the card makes for a
 * host which has shown the user PIN, and takes for it from then on, so that the host need not
 * remember the PIN itself. Kept in memory alone: until a reset, or with option 0008 until somebody
 * clears it or the power goes. A new user PIN ends it.
 *
 * The user PIN keeps working, and guesses at the session PIN spend its tries. */
#pragma once

#include "card-os/command.h"

#define SESSION_PIN_SIZE 8

/* Makes one, in place of an older one, and appends its digits to out. */
MUST_CHECK int session_pin_make(struct call *c, struct writer *out);
/* Whether it is this; then the call is given the binding key, where keys are bound. */
bool session_pin_matches(struct call *c, struct span candidate);
/* Harmless when there is none. */
void session_pin_forget(struct card *card);
/* What a reset of the reader does: forgets it, unless it was made to stay. */
void session_pin_reset(struct card *card);
