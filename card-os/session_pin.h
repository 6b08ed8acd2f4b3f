/* SPDX-License-Identifier: Apache-2.0 */
/* Session PINs (protocol.md 3.6, options 0004 and 0008): eight digits that the card makes for a
 * host which has shown the user PIN, and accepts in place of it afterwards, so that the host need
 * not remember the PIN. A session PIN is kept in memory alone: until a reset, or with option 0008
 * until it is cleared or the power goes. A new user PIN ends it.
 *
 * The user PIN stays valid. A wrong guess at the session PIN is a wrong user PIN, and spends a
 * try. */
#pragma once

#include "card-os/command.h"

#define SESSION_PIN_SIZE 8

/* Stages a new session PIN in place of an older one, and appends its digits to out. Faults of
 * env.random and FAULT_MEMORY. */
MUST_CHECK int session_pin_make(struct call *c, struct writer *out);
/* Whether this is the session PIN, compared in constant time. Then, where keys are bound to the
 * PIN, the call gets the binding key (c->binding). */
bool session_pin_matches(struct call *c, struct span candidate);
/* Whether there is a session PIN that outlives a reset of the reader. */
bool session_pin_stays(const struct card *card);
