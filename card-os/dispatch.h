/* SPDX-License-Identifier: Apache-2.0 */
/* The one path that every command takes. */
#pragma once

#include "card-os/command.h"

/* Runs c->apdu: finds its row, checks form and access, runs the handler, records and commits.
 * Returns the status word; c->out has the answer's data, c->fault the machine's fault, if any. The
 * card's session has then become what the command staged (staging.h), or is as it was. */
sw dispatch(struct card *card, struct call *c);
