/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of the admin socket (admin.h), in one table. */
#pragma once

#include "daemon/admin_peer.h"

/* Serves the peer until there is something to wait for: room to send, the card thread, or a whole
 * line. */
void admin_advance(struct admin_peer *peer);
