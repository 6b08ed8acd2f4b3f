/* The verbs of `glasshsm log` with which a token's owner sends something to its daemon. Each gets
 * its own name as arguments[0] and returns the exit status. */
#pragma once

/* A part of what `glasshsm log --help` prints. */
extern const char log_owner_usage[];

int log_note(int count, char **arguments);
int log_acknowledge(int count, char **arguments);
int log_policy(int count, char **arguments);
