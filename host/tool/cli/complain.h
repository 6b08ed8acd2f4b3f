/* How the tool complains, and what it does before it holds a secret. */
#pragma once

#include "base/bytes.h"
#include "host/tool/cli/exits.h"

/* Before a PIN, a passphrase or a store is opened: no core dump of this process, and no look into
 * it by others of its user. Not for `run`, which has namespaces to set up and keeps no secret. */
void tool_forbid_dumps(void);
/* "glasshsm: " and one line on standard error; gives status back. */
int tool_complain(int status, const char *format, ...) PRINTF_LIKE(2, 3);
/* Complains about how a subcommand was called, and shows how to call it. */
int tool_misused(const char *usage);
