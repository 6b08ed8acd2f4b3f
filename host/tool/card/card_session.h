/* Which card a call talks to, and its sessions with it. The frame of card_verb.h uses these, and
 * whoever needs a second card (a custodian's). Statuses are exit statuses, after a complaint.
 *
 *     card_take_root(call);          files first
 *     card_choose(call, NULL);       one reader, and which token is in it
 *                                    PINs are asked for here: nobody else waits for the card
 *     card_open(call); ... card_close(call, status);
 *
 * With --secure the card of the call is channel_only (host/client/reader.h) from the beginning: nothing but
 * what opens a channel reaches it in the clear. */
#pragma once

#include "host/tool/card/card_verb.h"

/* Reads the root's certificate that the options name, into the call. */
MUST_CHECK int card_take_root(struct card_call *call);
/* Finds the only reader that fits the options and has a token, and connects to it; except: the name
 * of a reader that is in use already, or NULL. The call's service is open. */
MUST_CHECK int card_choose(struct card_call *call, const char *except);
/* Opens a session and closes it again, to know which token it is. card_open() then takes no other.
 */
MUST_CHECK int card_meet(struct card_call *call);
/* Keeps others from the card, selects the application, opens a channel where one is wanted, and
 * makes sure that it is the token that was named or met. Ended by card_close(), also after it
 * failed. */
MUST_CHECK int card_open(struct card_call *call);
/* Ends login and channel, which must not outlast us: others share the card. Gives status, or if
 * that is 0 the complaint that the card is gone. Harmless on a card that was not opened. */
int card_close(struct card_call *call, int status);
