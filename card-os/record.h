/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a command, and the end of its transaction. Every answer to a command that reached
 * the dispatcher comes through record_close(). */
#pragma once

#include "card-os/command.h"

/* For a command with the trait RECORDED_FIRST: makes its record before the handler runs, at the
 * first such command of a session, and none afterwards. SW_OK, and nothing is done, for all
 * others. */
sw record_first(struct call *c);
/* Ends a command that came to status word s: appends its record if its row has one, commits the
 * transaction, and makes the session what the command staged; all of it or nothing. When the record
 * cannot be made, the answer is emptied and nothing has changed. A refusal takes back what the
 * command did, but for c->spent. Returns s, or what went wrong with the record. */
sw record_close(struct card *card, struct call *c, sw s);
/* Records a command that is refused with s before its row is known, under this action. Returns s,
 * or what went wrong with the record. */
sw record_refusal(struct card *card, struct call *c, enum audit_action action, sw s);
