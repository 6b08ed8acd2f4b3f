/* SPDX-License-Identifier: Apache-2.0 */
/* Error messages of the tool, and its protection against dumps. */
#pragma once

#include "base/bytes.h"
#include "host/tool/cli/exits.h"

/* Call it before a PIN, a passphrase or a store is opened: forbids core dumps of this process, and
 * debuggers of its own user. Not for `run`, which has namespaces to set up and keeps no secret. */
void tool_forbid_dumps(void);
/* Prints "glasshsm: " and one line on standard error; returns status. */
int tool_complain(int status, const char *format, ...) PRINTF_LIKE(2, 3);
