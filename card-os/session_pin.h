/* Session PINs (protocol.md 3.6, options 0004 and 0008): eight digits that the card makes for a
 * host which has shown the user PIN, and takes for it from then on, so that the host need not
 * remember the PIN itself. Kept in memory alone: until a reset, or with option 0008 until somebody
 * clears it or the power goes. A new user PIN ends it.
 *
 * The user PIN keeps working, and guesses at the session PIN spend its tries. */
#pragma once

#include "card-os/command.h"

#define SESSION_PIN_SIZE 8

/* Stages a new one, in place of an older one, and appends its digits to out. */
MUST_CHECK int session_pin_make(struct call *c, struct writer *out);
/* Whether it is this; then the call is given the binding key, where keys are bound. */
bool session_pin_matches(struct call *c, struct span candidate);
/* Whether there is one that stays over a reset of the reader. */
bool session_pin_stays(const struct card *card);
