/* What client.c and client_channel.c share; no other file includes it. */
#pragma once

#include "host/client/client.h"

#define CLIENT_COMMAND_MAX 65535 /* the longest: the end of a long file */

/* Sends a command in the clear, and appends the answer without its status word. The encoded command
 * may hold a PIN, so it is wiped afterwards. */
MUST_CHECK int client_exchange_plain(const struct reader_card *card, const struct apdu *apdu,
                                     struct writer *answer, uint16_t *out_sw);
/* Sends a command through the card's secure channel, and appends the answer, decrypted and
 * verified, without its status word. */
MUST_CHECK int client_exchange_protected(const struct reader_card *card, const struct apdu *apdu,
                                         struct writer *answer, uint16_t *out_sw);
