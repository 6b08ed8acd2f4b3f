/* The one road that every command travels. */
#pragma once

#include "card-os/command.h"

/* Runs c->apdu: finds its row, checks form and access, runs the handler, records and commits.
 * Returns the status word; c->out holds the answer's data, c->fault the machine's fault, if any. The
 * card's session is then what the command made of it, or as it was. */
sw dispatch(struct card *card, struct call *c);
