/* The record of a command, and the end of its transaction: the only way to an answer. */
#pragma once

#include "card-os/command.h"

/* For a command with the trait RECORDED_FIRST: makes its record before the handler runs, at the first
 * such command of a session, and none afterwards. SW_OK, and nothing is done, for all others. */
sw record_first(struct call *c);
/* State, record and session become true together, or none of them. No answer without its record:
 * when that cannot be made, the answer is emptied, and nothing has changed. s: what the command
 * came to. Gives it back, or what went wrong with the record. */
sw record_close(struct card *card, struct call *c, sw s);
/* Records a command that is refused before it is known which it is; gives s back, or what went
 * wrong with the record. */
sw record_refusal(struct card *card, struct call *c, enum audit_action action, sw s);
