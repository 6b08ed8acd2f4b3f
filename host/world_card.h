/* How a private world finds its card soon. */
#pragma once

#include <sys/types.h>

#include "host/reader.h"

/* Waits until there is a card in the reader of this name. first is the process whose child is the pcscd that
 * serves; give_up as in struct world_request. WORLD_GIVEN_UP, WORLD_REFUSED. */
MUST_CHECK int world_await_card(const struct reader_service *service, const char *name, pid_t first,
                                int give_up);
