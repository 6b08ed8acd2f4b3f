/* What the subcommands of `glasshsm` share. */
#pragma once

#include "base/bytes.h"

/* Exit statuses of the tool's own; `run` gives that of its command, `store` and `log --store` those
 * of store_exit_status(). */
enum {
    TOOL_DONE = 0,
    TOOL_FAILED = 1,
    TOOL_USAGE = 2,
    TOOL_NO_WORLD = 125,     /* run: the command was not started */
    TOOL_NOT_RUNNABLE = 126, /* run: the command is not executable */
    TOOL_NOT_FOUND = 127,    /* run: there is no such command */
};

/* Each gets its own name as arguments[0]; returns the exit status. */
int tool_run(int count, char **arguments);
int tool_status(int count, char **arguments);
int tool_store(int count, char **arguments);
int tool_log(int count, char **arguments);
int tool_cancel(int count, char **arguments);

/* "glasshsm: " and one line on standard error; gives status back. */
int tool_complain(int status, const char *format, ...) PRINTF_LIKE(2, 3);
/* Complains about how a subcommand was called, and shows how to call it. */
int tool_misused(const char *usage);
