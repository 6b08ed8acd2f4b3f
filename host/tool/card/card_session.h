/* SPDX-License-Identifier: Apache-2.0 */
/* Which card a call talks to, and its sessions with it. The frame of card_verb.h uses these, and
 * whoever needs a second card (a custodian's). Statuses are exit statuses, after a complaint.
 *
 *     card_take_root(call);          files first
 *     card_choose(call, NULL);       one reader, and which token is in it
 *                                    PINs are asked for here: nobody else waits for the card
 *     card_open(call); ... card_close(call, status);
 *
 * With --secure the card of the call is channel_only (host/client/reader.h) from the beginning:
 * nothing but what opens a channel reaches it in the clear. */
#pragma once

#include "host/tool/card/card_verb.h"

/* Reads the root's certificate from the file that the options name, into call->root. */
MUST_CHECK int card_take_root(struct card_call *call);
/* Connects to the card of the only reader that fits the options and has a token in it. except: the
 * name of a reader to leave out because it is in use, or NULL. The call's service must be open. */
MUST_CHECK int card_choose(struct card_call *call, const char *except);
/* Learns which token it is, by opening a session and closing it again. card_open() then refuses any
 * other token. */
MUST_CHECK int card_meet(struct card_call *call);
/* Within a session: reads into call->title what the token calls itself; leaves it empty where that
 * cannot be read. */
void card_read_title(struct card_call *call);
/* Begins a session: keeps other programs from the card, selects the application, opens a channel
 * where the options want one, and verifies that it is the token that was named, or that card_meet()
 * met. End it with card_close(), even when this failed. */
MUST_CHECK int card_open(struct card_call *call);
/* Ends login, channel and transaction: the card is shared, so a login must not outlast us. Returns
 * status, or, if that is 0 and the card is gone, the status after that complaint. Harmless on a
 * card that was not opened. */
int card_close(struct card_call *call, int status);
