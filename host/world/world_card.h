/* The readers of a private world: their names, and waiting until pcscd has noticed their cards. */
#pragma once

#include <sys/types.h>

#include "host/client/reader.h"
#include "host/world/world.h"

/* The name of the two readers that one copy of the vpcd library serves; pcscd adds " 00 00" and "
 * 00 01". Each copy needs a name of its own: pcscd would give the readers of two copies the same
 * names. */
void world_name_readers(unsigned tokens, unsigned library, char out_name[READER_NAME_SIZE]);

/* Waits until pcscd has noticed a card in the reader of each token. first: the world's first
 * process, the parent of pcscd. WORLD_GIVEN_UP, WORLD_REFUSED. */
MUST_CHECK int world_await_cards(const struct world_request *request, pid_t first,
                                 const struct reader_service *service);
/* Whether each of the cards answers a command. */
bool world_cards_answer(const struct world_request *request, const struct reader_service *service);
