/* The readers of a private world: what they are called, and how their cards are found soon. */
#pragma once

#include <sys/types.h>

#include "host/client/reader.h"
#include "host/world/world.h"

/* What the readers of a library are called; pcscd adds " 00 00" and " 00 01". It would give the
 * readers of two libraries the same names. */
void world_name_readers(unsigned tokens, unsigned library, char out_name[READER_NAME_SIZE]);

/* Waits until there is a card in the reader of each token. first is the process whose child is the
 * pcscd that serves. WORLD_GIVEN_UP, WORLD_REFUSED. */
MUST_CHECK int world_await_cards(const struct world_request *request, pid_t first,
                                 const struct reader_service *service);
/* Whether each of them takes a command. */
bool world_cards_answer(const struct world_request *request, const struct reader_service *service);
