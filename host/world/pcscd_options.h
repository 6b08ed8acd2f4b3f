/* What the installed pcscd can be told on its command line. */
#pragma once

#include <stdbool.h>

#include "base/scope.h"

/* Whether `PCSCD --help` names this option; it is run for it, which takes 3 ms. False also when it
 * cannot be run. For the process that will become pcscd: it waits for its child. */
MUST_CHECK bool pcscd_has_option(const char *pcscd, const char *option);
