/* SPDX-License-Identifier: Apache-2.0 */
/* The cards of a private world, as its first client sees them. */
#pragma once

#include <sys/types.h>

#include "host/client/reader.h"
#include "host/world/world_request.h"

/* Waits until pcscd has noticed a card in the reader of each token. first: the world's first
 * process, the parent of pcscd. WORLD_GIVEN_UP, WORLD_REFUSED. */
MUST_CHECK int world_await_cards(const struct world_request *request, pid_t first,
                                 const struct reader_service *service);
/* Whether each of the cards answers a command. */
bool world_cards_answer(const struct world_request *request, const struct reader_service *service);
