/* Subcommands that talk to a card: `glasshsm token|pin|key|object VERB`. A verb is a row; the frame
 * around it (options, reader, PINs, transaction, login and its end) is the same for all. */
#pragma once

#include <jansson.h>

#include "host/client/client.h"
#include "host/tool/cli/pin_source.h"

#define CARD_CERTIFICATES 0x2F02 /* the file of the device certificates */
#define CARD_LABEL_MAX    64     /* bytes; more than hosts show */

#define CUSTODIANS_AT_ONCE 8
#define CARD_ROOT_MAX      4096 /* bytes of a root's certificate */

struct card_options {
    const char *reader; /* part of a reader's name; NULL: the only one with a card of this family */
    struct pin_source pin, so_pin, new_pin, password;
    const char *label, *file;
    int tries;
    int shares, domains, domain, threshold, total; /* -1: not said */
    bool as_json, yes, officer, keep, raw, secure;
    const char *root;   /* file of a root's certificate; NULL: the device is not verified */
    const char *serial; /* of the token; NULL: any */
    int custodians, required, place; /* -1: not said */
    bool without_pin, together, replaceable, derive;
    struct custodian_source {
        const char *reader; /* part of its name, and after a colon perhaps the key's number */
        struct pin_source pin;
        const char *root, *serial; /* NULL: the same root, any token */
    } custodian[CUSTODIANS_AT_ONCE];
    int custodian_count;
};

/* A token's serial number, from its certificate; empty: it has none. */
struct card_device {
    uint8_t at[CLIENT_NAME_MAX];
    size_t size;
};

/* A verb at work. The card is ours alone (in a transaction) and the application is selected. */
struct card_call {
    struct card_options options;
    char **words; /* what followed the verb, ended by NULL */
    char reader[READER_NAME_SIZE];
    struct reader_service service;
    struct reader_card card;
    struct span root; /* what options.root holds, or of the call that this one belongs to */
    uint8_t root_bytes[CARD_ROOT_MAX];
    struct card_device device; /* which token it is, once it was met */
    bool met, opened, warned;  /* card_session.h */
    bool wants_version;        /* version is filled when a session opens */
    struct client_version version;
    struct span pin, so_pin, new_pin; /* those that the verb needs */
    struct secret pins;               /* where they are; ended by the frame */
    struct channel channel;           /* with --secure; wiped by the frame */
    json_t *visits;       /* what daemons told before the card was taken; NULL: nobody was asked */
    struct secret secret; /* a verb's own, from prepare to run; ended by the frame */
    void *own;            /* the same, of what is no secret: from malloc() */
    struct span content;  /* what card_take_file() read, in secret */
    struct card_actions *actions; /* what shall be done in this session */
    uint16_t sw;
    bool within; /* another verb's session: logged in, and not to be ended */
};

enum card_need {
    NEED_LOGIN = 1, /* the user PIN, and it is presented */
    NEED_PIN = 2,
    NEED_SO_PIN = 4,
    NEED_NEW_PIN = 8,
    NEED_NO_CARD = 16, /* nothing else either: the verb works without a card */
};

struct card_verb {
    const char *name;
    int words_min, words_max;
    bool silent;  /* run prints nothing: with --json the frame prints an empty object */
    bool actions; /* its words are for card_run_actions(), and are checked before all else */
    bool version; /* wants call->version */
    int (*run)(struct card_call *call); /* gives the exit status */
    /* A set of enum card_need, when it depends on the call; NULL: needs, as it stands. Also the
     * place to complain of a wrong call: gives -1 then. */
    int (*ask)(const struct card_call *call);
    int needs;
    /* Files, PINs and other cards, and what takes long: before the card is taken from others, but
     * after it was chosen and met. NULL: nothing. 0, or the exit status. */
    int (*prepare)(struct card_call *call);
    /* Ends what prepare began, whether it ran or not, in success or not; NULL: nothing. */
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

/* Its body. */
int card_verb_run(int count, char **arguments, const struct card_family *family);
/* Actions in the session of the verb that runs, which is logged in: its words are those of a
 * subcommand that talks to a card, and after "--" those of another. Their files and PINs were read
 * before the session began. For the last thing that a verb does. */
#define CARD_ACTION_WORDS 200
int card_run_actions(const struct card_call *call);
/* What CARD_OPTIONS_USAGE describes is accepted by all verbs. */
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
    "  --serial N        the token with this serial number and no other; without --root, the\n"    \
    "                    token that says so\n"                                                     \
    "  --json            print JSON\n"

/* Complains of a result of host/client/client.h about what was tried; gives the exit status. */
int card_complain(const struct card_call *call, int result, const char *what);

/* Reads a whole file into at (CLIENT_FILE_MAX + 1 bytes); an absent one gives 0 and an empty span.
 * Else the result of client_read. */
MUST_CHECK int card_read_or_empty(struct card_call *call, uint16_t file, uint8_t *at,
                                  struct span *out);
/* For prepare, so that nobody waits for the card while a file is read: its content, of at most so
 * many bytes. 0, or the exit status after a complaint. */
MUST_CHECK int card_take_file(struct card_call *call, const char *path, size_t most);

/* 0 also when there was no such file. Else the result of client_delete. */
MUST_CHECK int card_delete_if_there(struct card_call *call, uint16_t file);

/* Writes a file in place of what is there, of which a card may else keep a tail. A result of
 * host/client/client.h; where it is not 0, no part of the content stays on the card. */
MUST_CHECK int card_replace(struct card_call *call, uint16_t file, struct span content);

/* Prints the object (which it takes) as JSON on one line; gives the exit status. */
int card_print_json(json_t *value);
/* For verbs that list: hands each file on the card to add, which appends to the list what is of its
 * kind, and prints the list: as JSON, or by print. add and card_list give the exit status. */
typedef int card_list_add(struct card_call *call, uint16_t file, json_t *list);
int card_list(struct card_call *call, card_list_add *add, void (*print)(const json_t *list));
/* A file identifier of four hexadecimal digits. */
MUST_CHECK bool card_file_of(const char *word, uint16_t *out);
/* A key's number, of two hexadecimal digits, or its file as `key list` shows it: ccNN. */
MUST_CHECK bool card_key_of(const char *word, uint8_t *out);
/* For ask: the needs, or -1 after a complaint that this is no key. */
int card_needs_with_key(const char *word, int needs);
/* A decimal number from 0 to 255. */
MUST_CHECK bool card_number_of(const char *word, int *out);
