/* Subcommands that talk to a card (`glasshsm token|pin|key|object VERB` and others). A verb is a
 * row; the frame around it (options, reader, PINs, transaction, login and its end) is the same for
 * all. */
#pragma once

#include <jansson.h>

#include "formats/file_ids.h"
#include "host/client/client.h"
#include "host/tool/cli/pin_source.h"

#define CARD_LABEL_MAX 64 /* bytes; longer than the labels that hosts show */

#define CUSTODIANS_AT_ONCE 8
#define CARD_ROOT_MAX      4096 /* bytes of a root's certificate */

struct card_options {
    const char *reader; /* part of a reader's name; NULL: the only one with a card of this family */
    struct pin_source pin, so_pin, new_pin, password;
    const char *label, *file;
    int tries;
    int shares, domains, domain, threshold, total; /* -1: not said */
    bool as_json, yes, officer, keep, raw, secure;
    const char *root;   /* file with a root's certificate; NULL: the device is not verified */
    const char *serial; /* of the token; NULL: any */
    int custodians, required, place; /* -1: not said */
    bool without_pin, together, replaceable, derive;
    struct custodian_source {
        /* PART or PART:NN, part of the reader's name and perhaps a key's number */
        const char *reader;
        struct pin_source pin;
        const char *root, *serial; /* NULL: the root of the call; any token */
    } custodian[CUSTODIANS_AT_ONCE];
    int custodian_count;
};

/* A token's serial number, from its certificate; size 0: it has none. */
struct card_device {
    uint8_t at[CLIENT_NAME_MAX];
    size_t size;
};

/* A verb in execution. While run() is called, a transaction keeps other programs from the card, and
 * the application is selected. */
struct card_call {
    struct card_options options;
    char **words; /* the arguments after the verb, ended by NULL */
    char reader[READER_NAME_SIZE];
    struct reader_service service;
    struct reader_card card;
    /* The certificate in file options.root, or the root of the call to which this one belongs. */
    struct span root;
    uint8_t root_bytes[CARD_ROOT_MAX];
    struct card_device device; /* which token this is, once it was met */
    bool met, opened, warned;  /* card_session.h */
    bool wants_version;        /* a session that opens shall fill `version` */
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

enum card_need {
    NEED_LOGIN = 1, /* the user PIN, which the frame presents */
    NEED_PIN = 2,
    NEED_SO_PIN = 4,
    NEED_NEW_PIN = 8,
    NEED_NO_CARD = 16, /* alone: the verb works without a card */
};

struct card_verb {
    const char *name;
    int words_min, words_max;
    bool silent;  /* run prints nothing; with --json the frame prints an empty object */
    bool actions; /* its arguments are actions for card_run_actions(), checked before all else */
    bool version; /* needs call->version */
    int (*run)(struct card_call *call); /* gives the exit status */
    /* Returns a set of enum card_need, when it depends on the call; or -1 after a complaint about a
     * wrong call. NULL: `needs` holds. */
    int (*ask)(const struct card_call *call);
    int needs;
    /* Reads files and PINs, opens other cards, and does what takes long: after the card was chosen
     * and met, but before other programs are kept from it. Returns 0, or the exit status. NULL:
     * nothing to do. */
    int (*prepare)(struct card_call *call);
    /* Ends what prepare began; called whether prepare ran or not, and whatever its result. NULL:
     * nothing to do. */
    void (*finish)(struct card_call *call);
};

/* A subcommand. */
struct card_family {
    const char *name, *usage;
    const struct card_verb *verbs;
    size_t count;
};
extern const struct card_family token_family, pin_family, key_family, dkek_family, domain_family,
    object_family, pka_family;

/* Runs a subcommand of this family; gives the exit status. */
int card_verb_run(int count, char **arguments, const struct card_family *family);
/* Runs actions in the session of the verb that runs, which is logged in. The words of an action are
 * those of a subcommand that talks to a card; `--` separates actions. Their files and PINs were
 * read before the session began. A verb calls this last. Gives the exit status. */
#define CARD_ACTION_WORDS 200
int card_run_actions(const struct card_call *call);
/* The part of the usage about options that all verbs accept. */
#define CARD_OPTIONS_USAGE                                                                         \
    "  --reader PART     the reader whose name contains PART; default: the only one with a "       \
    "token\n"                                                                                      \
    "  --pin-file F      the user PIN is the first line of this file\n"                            \
    "  --pin-env V       ... or the value of this environment variable; default: a prompt\n"       \
    "  --so-pin-file F, --so-pin-env V    the same for the SO-PIN, 16 hexadecimal digits\n"        \
    "  --new-pin-file F, --new-pin-env V  the same for a new PIN\n"                                \
    "  --secure          through a secure channel: nobody between here and the card reads or "     \
    "alters "                                                                                      \
    "it\n"                                                                                         \
    "  --root FILE       ... to a device that this root (a CV certificate) vouches for\n"          \
    "  --serial N        only the token with this serial number; without --root the number is\n"   \
    "                    what the token claims\n"                                                  \
    "  --json            print JSON\n"

/* Complains about a result of host/client/client.h. what: what was tried, as in "deleting the key".
 * Gives the exit status. */
int card_complain(const struct card_call *call, int result, const char *what);

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

/* Prints the object (which it takes) as JSON on one line; gives the exit status. */
int card_print_json(json_t *value);
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
int card_needs_with_key(const char *word, int needs);
/* Reads a decimal number from 0 to 255; false: it is none. */
MUST_CHECK bool card_number_of(const char *word, int *out);
