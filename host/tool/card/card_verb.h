/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands that talk to a card (`glasshsm token|pin|key|object VERB` and others). A verb is a
 * row of its subcommand's table with a struct card_verb; the frame around it (reader, PINs,
 * transaction, login and its end) is the same for all. */
#pragma once

#include <jansson.h>

#include "formats/file_ids.h"
#include "host/client/client.h"
#include "host/tool/card/token_face.h"
#include "host/tool/cli/pin_source.h"
#include "host/tool/cli/usage.h"
#include "host/tool/cli/value.h"

#define CARD_LABEL_MAX 64 /* bytes; longer than the labels that hosts show */

#define CARD_ROOT_MAX 4096 /* bytes of a root's certificate */

/* The options that verbs have in common. A verb with options of its own has a struct that begins
 * with this one. */
struct card_options {
    const char *reader; /* part of a reader's name; NULL: the only one with a card of this family */
    bool secure, as_json;
    const char *root;   /* file with a root's certificate; NULL: the device is not verified */
    const char *serial; /* of the token; NULL: any */
    const char *token;  /* its label or serial number; NULL: any */
    struct pin_source pin, so_pin, new_pin;
};

/* The options of verbs that write a file. */
struct card_out_options {
    struct card_options common;
    const char *out; /* NULL: standard output */
};

/* Groups of options, for verbs whose struct begins with struct card_options, or is one. */
#define CARD_READER  OPTION_GROUP(card_reader_rows, 0)
#define CARD_PIN     OPTION_GROUP(pin_rows, offsetof(struct card_options, pin))
#define CARD_SO_PIN  OPTION_GROUP(so_pin_rows, offsetof(struct card_options, so_pin))
#define CARD_NEW_PIN OPTION_GROUP(new_pin_rows, offsetof(struct card_options, new_pin))
#define CARD_JSON    OPTION_GROUP(card_json_rows, 0)
#define CARD_OUT     OPTION_GROUP(card_out_rows, 0) /* of a struct card_out_options */
extern const struct option_row card_reader_rows[], card_json_rows[], card_out_rows[];
/* Reads a label, of at most CARD_LABEL_MAX bytes, into a const char *. */
option_reader card_read_label;

/* A token's serial number, from its certificate; size 0: it has none. */
struct card_device {
    uint8_t at[CLIENT_NAME_MAX];
    size_t size;
};

/* A verb in execution. While run() is called, a transaction keeps other programs from the card, and
 * the application is selected. */
struct card_call {
    const struct command_line *command; /* for usage_wrong(); NULL: no verb of ours runs */
    struct card_options *options;       /* the verb's struct */
    char **words;                       /* the operands, ended by NULL */
    char reader[READER_NAME_SIZE];
    struct reader_service service;
    struct reader_card card;
    /* The certificate in file options.root, or the root of the call to which this one belongs. */
    struct span root;
    uint8_t root_bytes[CARD_ROOT_MAX];
    struct card_device device;    /* which token this is, once it was met */
    bool met, opened, warned;     /* card_session.h */
    char title[TOKEN_TITLE_SIZE]; /* what it calls itself, once it was met; may be empty */
    bool wants_version;           /* a session that opens shall fill `version` */
    struct client_version version;
    struct span pin, so_pin, new_pin; /* as far as the verb needs them */
    struct secret pins;               /* memory of these PINs; ended by the frame */
    struct channel channel;           /* with --secure; wiped by the frame */
    /* By serial number, from daemons, asked before the card was taken; NULL: not asked. */
    json_t *visits;
    struct secret secret; /* for the verb's use, from prepare to run; ended by the frame */
    void *own; /* for the verb's use, without secrets: from malloc(), freed by the frame */
    struct span content;          /* what card_take_file() read; in `secret` */
    struct card_actions *actions; /* to be run in this session, after `--` */
    uint16_t sw;
    bool within; /* runs in another verb's session, which is logged in and which it must not end */
};

/* The file that a verb with CARD_OUT writes; NULL: standard output. */
const char *card_out(const struct card_call *call);

enum card_need {
    NEED_LOGIN = 1, /* the user PIN, which the frame presents */
    NEED_PIN = 2,
    NEED_SO_PIN = 4,
    NEED_NEW_PIN = 8,
    NEED_NO_CARD = 16, /* alone: the verb works without a card */
    NEED_NEW_SO_PIN = 32,
};

struct card_verb {
    bool silent;  /* run prints nothing; with --json the frame prints an empty object */
    bool version; /* needs call->version */
    int (*run)(struct card_call *call); /* gives the exit status */
    /* Returns a set of enum card_need, when it depends on the call; or -1 after a complaint about a
     * wrong call. NULL: `needs` holds. */
    int (*ask)(const struct card_call *call);
    int needs;
    /* Asks the card what the prompts for PINs depend on, before they are read. Returns 0, or the
     * exit status. NULL: nothing to ask. */
    int (*look)(struct card_call *call);
    /* Reads files and PINs, opens other cards, and does what takes long: after the card was chosen
     * and met, but before other programs are kept from it. Returns 0, or the exit status. NULL:
     * nothing to do. */
    int (*prepare)(struct card_call *call);
    /* Ends what prepare began; called whether prepare ran or not, and whatever its result. NULL:
     * nothing to do. */
    void (*finish)(struct card_call *call);
};

/* Runs a verb whose row has such a struct; gives the exit status. */
int card_verb_run(struct command_line *command);
/* Runs actions in the session of the verb that runs, which is logged in. The words of an action are
 * those of a subcommand that talks to a card; `--` separates actions. Their files and PINs were
 * read before the session began. A verb calls this last. Gives the exit status. */
int card_run_actions(const struct card_call *call);

/* Complains that pcscd cannot be reached, with what to do; result: of reader_service_open(). Gives
 * the exit status. */
int card_no_service(int result);
/* Complains about a result of host/client/client.h. what: what was tried, as in "deleting the key".
 * Gives the exit status. */
int card_complain(const struct card_call *call, int result, const char *what);
/* Complains about a result of a command that presented this PIN: says which PIN, how many tries
 * it has left, and what to do when it is blocked, or when the token has none. */
int card_complain_of_pin(struct card_call *call, enum client_pin which, int result,
                         const char *what);
/* Whether the token was never initialised: it has no SO-PIN. A result of host/client/client.h. */
MUST_CHECK int card_is_new(struct card_call *call, bool *out);

/* Reads a whole file into at (CLIENT_FILE_MAX + 1 bytes); an absent one gives 0 and an empty span.
 * Else the result of client_read. */
MUST_CHECK int card_read_or_empty(struct card_call *call, uint16_t file, uint8_t *at,
                                  struct span *out);
/* Reads a file of at most `most` bytes into call->content. For prepare, so that nobody waits for
 * the card meanwhile. 0, or the exit status after a complaint. */
MUST_CHECK int card_take_file(struct card_call *call, const char *path, size_t most);

/* Deletes a file; 0 also when there was no such file. Else the result of client_delete(). */
MUST_CHECK int card_delete_if_there(struct card_call *call, uint16_t file);

/* Replaces a file: deletes an old one first, of which a card may else keep the tail. A result of
 * host/client/client.h; when it is not 0, no part of the content stays on the card. */
MUST_CHECK int card_replace(struct card_call *call, uint16_t file, struct span content);

/* For verbs that list: calls add for each file on the card, which appends files of its kind to
 * `list`; then prints the list as JSON, or with `print`. add and card_list give the exit status. */
typedef int card_list_add(struct card_call *call, uint16_t file, json_t *list);
int card_list(struct card_call *call, card_list_add *add, void (*print)(const json_t *list));
/* Reads a file identifier of four hexadecimal digits; false: it is none. */
MUST_CHECK bool card_file_of(const char *word, uint16_t *out);
/* Reads a key's number: two hexadecimal digits, or its file as `key list` shows it, ccNN. False: it
 * is none. */
MUST_CHECK bool card_key_of(const char *word, uint8_t *out);
/* For ask: returns needs if the word is a key's number, else -1 after a complaint. */
int card_needs_with_key(const struct card_call *call, const char *word, int needs);
/* For ask: complains that the number of a key domain, or of shares, is none; returns -1. */
int card_no_number(const struct card_call *call, const char *word);
/* Reads a decimal number from 0 to 255; false: it is none. */
MUST_CHECK bool card_number_of(const char *word, int *out);
