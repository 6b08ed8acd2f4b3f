/* The verbs of `glasshsm store`: each is a row of store.c and a function of one of store_*.c. */
#pragma once

#include "host/tool/cli/complain.h"
#include "host/tool/store/place.h"

struct store_order {
    struct tool_place place;    /* --store, --key-file, --passphrase-file, --credential, --anchor */
    const char *socket, *token; /* the running token: its socket, its name */
    const char *new_key_file, *new_passphrase_file, *name, *receipt;
    bool as_json, yes, allow_clone, drop_others;
    int operands;
    char **operand;
};

int store_create_verb(struct store_order *order);
int store_verify_verb(struct store_order *order);
int store_list_verb(struct store_order *order);
int store_destroy_verb(struct store_order *order);

int store_strict_verb(struct store_order *order);
int store_sources_verb(struct store_order *order);
int store_rekey_verb(struct store_order *order);

int store_snapshot_verb(struct store_order *order);
int store_restore_verb(struct store_order *order);
int store_clone_verb(struct store_order *order);

/* Opens the store. 0, or the exit status after a complaint. */
MUST_CHECK int store_order_open(const struct tool_place *place, struct store **out);
/* Complains about a result of the store; gives the exit status. */
int store_order_failed(int result);
/* Prints one JSON object and a newline on standard output, and releases it; gives the exit
 * status. */
int store_order_print(void *json);
