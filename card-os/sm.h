/* Secure messaging, around the dispatcher (protocol.md 11.2, 11.3): what comes through the channel
 * loses its protection before the road begins, and its answer is protected at the end.
 *
 * The channel ends with the first message that is not the next one through it: a plain command,
 * which is then answered as if there had been none, or one that does not verify, which is refused,
 * and recorded. A login made inside the channel ends with it, so that nobody can go on with it from
 * beside: what was said in secret is not obeyed in the clear. */
#pragma once

#include "card-os/command.h"

/* Takes the protection off c->apdu. Else the status word that refuses: the channel has ended. */
sw sm_receive(struct card *card, struct call *c);
/* Protects the answer c->out to a protected command; gives the status word that stands behind it.
 */
sw sm_send(struct card *card, struct call *c, sw s);

/* Stages that a channel is opened, in place of an open one; the answer still goes the way its
 * command came. FAULT_MEMORY. */
MUST_CHECK int sm_begin(struct call *c, const struct channel *channel);
/* Ends the channel, and the login bound to it. Harmless when there is none. */
void sm_end(struct card *card);
static inline bool sm_is_open(const struct card *card)
{
    return card->secrets[HELD_CHANNEL].at != NULL;
}
