/* The subcommands of `glasshsm`: rows of main.c. */
#pragma once

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
