/* SPDX-License-Identifier: Apache-2.0 */
/* A command as a row of the table in commands.c (struct command), and a command in flight (struct
 * call). The row says what the command needs, dispatch.c enforces it, and the handlers in cmd/ do
 * the work and check nothing that a row can say. */
#pragma once

#include "card-os/rules.h"
#include "card-os/state.h"
#include "formats/apdu.h"
#include "formats/audit_record.h"
#include "formats/channel.h"
#include "formats/sw.h"

struct call;

enum trait {
    /* One transaction around the handler and its record. PIN rows lack it: a spent try must survive
     * the refusal (pin.c). */
    ATOMIC = 1,
    /* The data holds a PIN or a share: it never reaches a trace, a record or a digest. */
    SECRET_IN = 2,
    /* The answer is cut to Le. Without this trait it is complete whatever Le is (protocol.md
     * 16.1). */
    OBEYS_LE = 4,
    /* A command without Le is answered by the status word alone. */
    QUIET_WITHOUT_LE = 8,
    /* Success drops login, selected file and work file. */
    ENDS_SESSION = 16,
    /* Long work: it asks env.cancelled whether to go on, and answers 6400 when stopped. */
    CAN_BE_STOPPED = 32,
    /* Works on a full medium: its commits may use the store's reserve, but only if somebody is
     * logged in when it ends; a host that has shown no PIN and no custodian cannot use the reserve
     * up. */
    ESSENTIAL = 64,
    /* Success begins a new signing epoch of the log, after the command's record. */
    ENDS_EPOCH = 128,
    /* Success changes nothing in the store and leaves no record; a refusal is recorded. */
    REFUSALS_ALONE = 256,
    /* No hardware has it: a strict card does without (strict.h). */
    EXTENSION = 512,
    /* The record is made before the handler runs, once a session, so that it is part of what is
     * read. Of classes of files (files.c), for READ BINARY. */
    RECORDED_FIRST = 1024,
};

/* What a byte or a length may be: min, min + step, ... max. */
struct range {
    uint32_t min, max, step;
};

struct command {
    const char *name;
    uint8_t ins;
    struct range p1, p2;
    struct range data; /* bytes of command data; min 0: may be absent */
    uint32_t answer;   /* bytes of answer data at most */
    enum rule rule;
    unsigned traits;          /* of enum trait */
    enum audit_action action; /* AUDIT_NOTHING: leaves no record */
    sw (*run)(struct call *c);
};

/* One command in flight: everything a handler needs. Its members stand by who fills them in. */
struct call {
    const struct card *card; /* as it was before the command */
    struct live_keys *live;  /* the card's; a cache of what the store has */
    struct work_file *spare; /* room for a new work file */

    /* The dispatcher: what is asked for. */
    struct apdu apdu;
    const struct command *row; /* NULL: not found yet */
    unsigned traits;           /* of the row, and of the file that it reads */

    /* The handler: its answer, what shall become of the session (staging.h), what it worked on. */
    struct writer out;     /* answer data; the dispatcher asks once whether it was ever full */
    struct writer scratch; /* empty; for a file's content or the like; wiped afterwards */
    struct staged staged;
    struct audit_record record; /* object, key and digest; the dispatcher fills in the rest */

    /* sm.c: the channel that the command came through, and its answer goes back through. */
    struct {
        bool used;
        struct channel state;
        size_t room; /* for the protected answer, bytes */
    } channel;

    /* pin.c or INITIALIZE: the key that keys are bound to the PIN with (binding.h). */
    struct {
        bool known;
        uint8_t key[BINDING_SIZE];
    } binding;

    /* pin.c and keys.c: what a refusal of the command must not take back. */
    struct {
        bool pin_try;   /* a PIN's try was spent in a commit of its own */
        bool right_pin; /* a PIN was right */
        /* Done in the transaction of the refusal's record, after all else was taken back: a right
         * PIN gets its tries back, a failed operation spends the use of its key. NULL: nothing. */
        int (*settle)(struct call *c, uint8_t id);
        uint8_t id; /* of the PIN or the key */
    } spent;

    /* call_status(): what went wrong in the machine. */
    int fault;   /* behind the status word, or 0 */
    bool broken; /* a record was forged: the card answers nothing any more */
};

/* The table. */
size_t command_count(void);
const struct command *command_at(size_t index);
