/* The socket at which the PC/SC service lets its clients in. */
#pragma once

#include <stdbool.h>

#include "base/scope.h"

/* Whether somebody serves there, and hangs up before we have said anything: so pcscd refuses those
 * whom polkit does not let in. Waits a second at most. The socket is the one of the PC/SC library:
 * $PCSCLITE_CSOCK_NAME, else the machine's. */
MUST_CHECK bool service_hangs_up(void);
