/* SPDX-License-Identifier: Apache-2.0 */
/* Secure messaging (protocol.md 11.2, 11.3), around the dispatcher: a command that came through the
 * channel is decrypted and verified before the dispatcher sees it, and its answer is protected
 * afterwards.
 *
 * The channel ends with the first message that is not its next one: a plain command, which is then
 * answered as if there had been no channel, or one that does not verify, which is refused and
 * recorded. A login that was made inside the channel ends with it, so that a plain command cannot
 * use it. */
#pragma once

#include "card-os/command.h"

/* Replaces a protected c->apdu by the command inside. SW_OK, also for a plain command; else the
 * status word that refuses, and the channel has ended. */
sw sm_receive(struct card *card, struct call *c);
/* Protects the answer c->out with status word s, if the command was protected. Returns the status
 * word that follows the answer: s, or that of a fault, for which the channel has ended. */
sw sm_send(struct card *card, struct call *c, sw s);

/* Stages that this channel is opened in place of an open one. The answer to the command that opens
 * it still goes the way that command came. FAULT_MEMORY. */
MUST_CHECK int sm_begin(struct call *c, const struct channel *channel);
/* Ends the channel, and the login bound to it. Harmless when there is none. */
void sm_end(struct card *card);
static inline bool sm_is_open(const struct card *card)
{
    return card->secrets[HELD_CHANNEL].at != NULL;
}
