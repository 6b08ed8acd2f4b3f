/* What the subcommands of `glasshsm` share. */
#pragma once

#include "base/bytes.h"
#include "host/tool/exits.h"

/* Each gets its own name as arguments[0]; returns the exit status. */
int tool_run(int count, char **arguments);
int tool_status(int count, char **arguments);
int tool_store(int count, char **arguments);
int tool_log(int count, char **arguments);
int tool_cancel(int count, char **arguments);
int tool_token(int count, char **arguments);
int tool_pin(int count, char **arguments);
int tool_key(int count, char **arguments);
int tool_doctor(int count, char **arguments);
int tool_events(int count, char **arguments);
int tool_dkek(int count, char **arguments);
int tool_domain(int count, char **arguments);
int tool_pka(int count, char **arguments);
int tool_attest(int count, char **arguments);
int tool_ca(int count, char **arguments);
int tool_object(int count, char **arguments);
int tool_conform(int count, char **arguments);

/* Before a PIN, a passphrase or a store is opened: no core dump of this process, and no look into
 * it by others of its user. Not for `run`, which has namespaces to set up and keeps no secret. */
void tool_forbid_dumps(void);
/* "glasshsm: " and one line on standard error; gives status back. */
int tool_complain(int status, const char *format, ...) PRINTF_LIKE(2, 3);
/* Complains about how a subcommand was called, and shows how to call it. */
int tool_misused(const char *usage);
