/* What the files of the client share; nobody else includes it. */
#pragma once

#include "host/client/client.h"

#define CLIENT_COMMAND_MAX 65535 /* the longest: the end of a long file */

/* Sends a command as it is, and appends the answer without its status word. The command may hold a
 * PIN, so it is wiped afterwards. */
MUST_CHECK int client_exchange_plain(const struct reader_card *card, const struct apdu *apdu,
                                     struct writer *answer, uint16_t *out_sw);
/* The same through the card's channel. */
MUST_CHECK int client_exchange_protected(const struct reader_card *card, const struct apdu *apdu,
                                         struct writer *answer, uint16_t *out_sw);
