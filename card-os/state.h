/* SPDX-License-Identifier: Apache-2.0 */
/* What a card holds in memory: its session, its secrets, its live keys.
 *
 * The session is not written while a command runs: the command stages its changes, which are taken
 * over once its record is durable (staging.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "card-os/env.h"
#include "card-os/live_keys.h"
#include "formats/cvc.h"

/* The work file 2F10: hosts write into it what is too long for a short command, such as a wrapped
 * key of 3,659 bytes, before they send the command that uses it. */
#define WORK_FILE_MAX 8192
struct work_file {
    size_t size;
    uint8_t content[WORK_FILE_MAX];
};

/* A holder of a certificate that the card believes: name and key (trust.h). */
#define HOLDERS_MAX 4
struct holder {
    uint8_t name_size; /* 0: no holder */
    uint8_t name[CVC_NAME_MAX];
    struct cvc_dates dates; /* the days on which its certificate and all above it are valid */
    uint8_t role;           /* of enum cvc_role */
    uint8_t curve;          /* id of its curve (curves.h) */
    uint8_t point_size;
    uint8_t point[CURVE_POINT_MAX];
};

#define CUSTODIANS_MAX 90 /* as many as hosts allow */
#define NO_CUSTODIAN   0
#define CHALLENGE_MIN  8 /* bytes; all shorter challenges could be signed in advance */
#define CHALLENGE_MAX  64

/* What a card remembers from one command to the next, until power-off, reset or SELECT of the
 * applet. About a kilobyte: a command that changes it copies it. The work file, which is eight
 * times as long, is not copied. */
struct session {
    bool user;             /* the user is logged in: login.h */
    bool pin;              /* user PIN verified, or the device was just initialised */
    bool officer;          /* SO-PIN verified */
    bool protected_login;  /* a login was made inside the channel, and ends with it: sm.h */
    bool channel_chosen;   /* chip authentication, for the next GENERAL AUTHENTICATE */
    uint16_t current_file; /* the selected file; 0: none */
    bool log_read;         /* the log was read, and the record of it made */
    const struct work_file *work_file; /* NULL: none */

    struct holder holders[HOLDERS_MAX]; /* that a host brought, the oldest first */
    uint8_t holder_count;
    struct holder chosen;            /* its key verifies the next certificate */
    bool custodians[CUSTODIANS_MAX]; /* by place: whether it has signed in */
    uint8_t custodian;               /* place + 1 of the one chosen to sign next, or NO_CUSTODIAN */
    uint8_t challenge_size;          /* of the last GET CHALLENGE, bytes; 0: none, or too short */
    uint8_t challenge[CHALLENGE_MAX];
};

/* Secrets that a card holds between commands, each on pages of its own; empty while none is
 * held. */
enum held_secret {
    HELD_BINDING,     /* the binding key, while the user PIN is verified: binding.h */
    HELD_SESSION_PIN, /* the session PIN that was given out: session_pin.h */
    HELD_CHANNEL,     /* struct channel, while one is open: sm.h */
    HELD_SECRETS
};

/* What the command in flight stages (staging.h). */
struct staged {
    bool session_changed;
    bool loses; /* something of the session is lost even when the command is refused */
    struct session session;
    struct staged_secret {
        bool changed;
        struct secret value;
    } secrets[HELD_SECRETS];
};

#define CARD_APDU_MAX 65535 /* bytes of a command or an answer: vpcd's frames are not longer */

#define BINDING_SIZE      32 /* bytes of the binding key: binding.h */
#define CARD_SCRATCH_SIZE 131072

struct card {
    const struct env *env;
    struct session session; /* not changed while a command runs: staging.h */
    struct secret secrets[HELD_SECRETS];
    struct live_keys live;
    struct work_file work_files[2]; /* the session's, and room for a staged one */
    bool strict;                    /* asked by strict.c alone */
    bool broken; /* a record was forged or an invariant does not hold: every answer is 6F00 */
    uint8_t scratch[CARD_SCRATCH_SIZE]; /* a file while a command works on it; wiped after each */
    uint8_t plain[CARD_APDU_MAX + 1]; /* decrypted data of a protected command; wiped after each */
};
