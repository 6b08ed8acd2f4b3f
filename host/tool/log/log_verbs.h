/* The verbs of `glasshsm log`; each is a row in log.c. */
#pragma once

/* What `glasshsm log --help` prints. */
extern const char log_usage[];

/* Each gets its own name as arguments[0]; returns the exit status. */
int log_show(int count, char **arguments);
int log_snapshot(int count, char **arguments);
int log_receipt(int count, char **arguments);
int log_proof(int count, char **arguments);
int log_verify(int count, char **arguments);
