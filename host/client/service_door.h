/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the socket of the PC/SC service whether it lets us in. */
#pragma once

#include <stdbool.h>

#include "base/scope.h"

/* Whether pcscd accepts our connection and closes it before we have sent anything: that is how it
 * refuses users whom polkit does not let in. Waits a second at most. The socket is the PC/SC
 * library's: $PCSCLITE_CSOCK_NAME, else the machine's. */
MUST_CHECK bool service_hangs_up(void);
