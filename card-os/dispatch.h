/* The one road that every command travels. */
#pragma once

#include "card-os/command.h"

/* Runs c->apdu: finds its row, checks form and access, runs the handler, records and commits.
 * Returns the status word; c->out holds the answer's data, c->fault the machine's fault, if any. The
 * card's session is then what the command made of it, or as it was. */
sw dispatch(struct card *card, struct call *c);
/* Records a command that is refused before it is known which it is; gives s back, or what went
 * wrong with the record. */
sw dispatch_refuse(struct card *card, struct call *c, enum audit_action action, sw s);
