/* SPDX-License-Identifier: Apache-2.0 */
/* How a session ends, and what is wiped with it. */
#pragma once

#include "card-os/state.h"

/* Drops login, selected file, work file and binding key. An open channel and the session PIN are
 * not of the session: they stay. */
void session_end(struct card *card);
/* Wipes a secret, and of the binding key every key that it made live. Harmless when there is
 * none. */
void session_drop_secret(struct card *card, enum held_secret which);
/* Wipes the secrets that are held only while the user PIN is verified, if it is not. */
void session_drop_unverified(struct card *card);
/* Nobody whom a host brought is believed any more, nor chosen: the roots that vouched may have
 * changed. */
void session_forget_holders(struct card *card);
/* Wipes work files that the session does not use, or no longer uses. */
void session_wipe_unused(struct card *card);
