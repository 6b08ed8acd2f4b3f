/* SPDX-License-Identifier: Apache-2.0 */
/* Which command-line options the installed pcscd has. */
#pragma once

#include <stdbool.h>

#include "base/scope.h"

/* Whether `PCSCD --help` names this option. It runs that command, which takes 3 ms, and waits for
 * it; meant for the process that will become pcscd. False also when the command cannot be run. */
MUST_CHECK bool pcscd_has_option(const char *pcscd, const char *option);
