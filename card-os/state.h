/* What a card holds in memory: its session, its secrets, its live keys.
 *
 * Nobody writes the session while a command runs: what the command wants it to become is staged in
 * its call, and taken over once the command's record is durable (staging.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "card-os/env.h"
#include "card-os/live_keys.h"
#include "formats/cvc.h"

/* The work file 2F10, into which hosts write what is too long for the command that uses it, such as
 * a wrapped key of 3,659 bytes. */
#define WORK_FILE_MAX 8192
struct work_file {
    size_t size;
    uint8_t content[WORK_FILE_MAX];
};

/* A name and the key that a certificate gave it: trust.h. */
#define HOLDERS_MAX 4
struct holder {
    uint8_t name_size; /* 0: none */
    uint8_t name[CVC_NAME_MAX];
    struct cvc_dates dates; /* on which it vouches: those of its certificate and of all above it */
    uint8_t role;           /* of enum cvc_role */
    uint8_t curve;          /* its id */
    uint8_t point_size;
    uint8_t point[CURVE_POINT_MAX];
};

#define CUSTODIANS_MAX 90 /* as hosts allow */
#define NO_CUSTODIAN   0
#define CHALLENGE_MIN  8 /* a shorter one could be signed in advance, whatever it will be */
#define CHALLENGE_MAX  64

/* What a card remembers between two commands; gone with power, reset and SELECT of the applet. A
 * kilobyte, which a command that changes it copies; the work file is eight. */
struct session {
    bool user;             /* the user is logged in: login.h */
    bool pin;              /* user PIN verified, or the device was just initialised */
    bool officer;          /* SO-PIN verified */
    bool protected_login;  /* one of them was made inside the channel, and ends with it: sm.h */
    bool channel_chosen;   /* for the next GENERAL AUTHENTICATE */
    uint16_t current_file; /* 0: none */
    bool log_read;         /* and recorded that it was */
    const struct work_file *work_file; /* NULL: none */

    struct holder holders[HOLDERS_MAX]; /* believed since this session began */
    uint8_t holder_count;
    struct holder chosen;            /* whose key verifies the next certificate */
    bool custodians[CUSTODIANS_MAX]; /* by place: has signed in */
    uint8_t custodian;               /* place + 1 of the one that signs next, or NO_CUSTODIAN */
    uint8_t challenge_size;          /* of the last GET CHALLENGE; 0: none, or none to be signed */
    uint8_t challenge[CHALLENGE_MAX];
};

/* Secrets that a card holds between commands, each on pages of its own; empty while there is none.
 */
enum held_secret {
    HELD_BINDING,     /* the key that keys are bound to the PIN with, while it is verified:
                         binding.h */
    HELD_SESSION_PIN, /* one that was given out: session_pin.h */
    HELD_CHANNEL,     /* struct channel, while one is open: sm.h */
    HELD_SECRETS
};

/* What the command in flight wants of all this. */
struct staged {
    bool session_changed;
    bool loses; /* something of it even when the command is refused */
    struct session session;
    struct staged_secret {
        bool changed;
        struct secret value;
    } secrets[HELD_SECRETS];
};

#define CARD_APDU_MAX 65535 /* either way; the frame length of vpcd */

#define BINDING_SIZE      32 /* of the key that keys are bound to a PIN with: binding.h */
#define CARD_SCRATCH_SIZE 131072

struct card {
    const struct env *env;
    struct session session; /* while a command runs, nobody changes it: staging.h */
    struct secret secrets[HELD_SECRETS];
    struct live_keys live;
    struct work_file work_files[2]; /* the session's, and room for the next */
    bool strict;                    /* does without extensions: strict.h */
    bool broken; /* a record was forged or an invariant does not hold: nothing but 6F00 from now on
                  */
    uint8_t scratch[CARD_SCRATCH_SIZE]; /* a file while a command works on it; wiped after each */
    uint8_t plain[CARD_APDU_MAX + 1];   /* data that came or goes through the channel; likewise */
};
