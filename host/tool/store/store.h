/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `glasshsm store`: each is a row of store.c and a function of one of store_*.c. */
#pragma once

#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/usage.h"
#include "host/tool/cli/value.h"
#include "host/tool/store/place.h"

struct store_order {
    const struct command_line *command;
    struct tool_place place;
    struct admin_place running; /* the running token that is copied */
    const char *new_key_file, *new_passphrase_file, *name, *receipt;
    bool as_json, yes, allow_clone, drop_others;
    int operands;
    char **operand;
};

int store_create_verb(struct command_line *command);
int store_verify_verb(struct command_line *command);
int store_list_verb(struct command_line *command);
int store_destroy_verb(struct command_line *command);

int store_strict_verb(struct command_line *command);
int store_sources_verb(struct command_line *command);
int store_rekey_verb(struct command_line *command);

int store_snapshot_verb(struct command_line *command);
int store_restore_verb(struct command_line *command);
int store_clone_verb(struct command_line *command);

/* The order that a command line gives. From then on this process leaves no core dump. */
struct store_order *store_order(struct command_line *command);
/* Opens the store. 0, or the exit status after a complaint. */
MUST_CHECK int store_order_open(const struct tool_place *place, struct store **out);
/* Complains about a result of the store; gives the exit status. */
int store_order_failed(int result);
