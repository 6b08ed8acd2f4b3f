/* A SmartCard-HSM. Commands in, answers out; no files, sockets, clocks or output of its own. */
#pragma once

#include "base/secret.h"
#include "card-os/env.h"
#include "card-os/live_keys.h"
#include "card-os/session.h"

#define CARD_APDU_MAX 65535 /* either way; the frame length of vpcd */

/* ATR 4 of protocol.md 1.1: JCOP 4, T=1, extended lengths. */
extern const struct span card_atr;

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

/* Power-on: counts it in the log. env and its store must outlive the card. Any fault of the store.
 */
MUST_CHECK int card_init(struct card *card, const struct env *env);
/* Power-off: drops the session and the live keys. Harmless twice. */
void card_deinit(struct card *card);
/* Off, on and reset of the reader, and its loss: drops login, selected file and work file, and ends
 * the channel. */
void card_reset(struct card *card);
/* The same, but for what is not of the session: an open channel, and the session PIN. */
void card_end_session(struct card *card);
/* Wipes the binding key, and every key that it made live. Harmless when there is none. */
void card_forget_binding(struct card *card);
/* One command. Always writes an answer that ends in a status word; answer must hold CARD_APDU_MAX
 * bytes. Returns 0, or the fault that the status word stands for, for the daemon's log
 * (failure_last() tells more). */
int card_transmit(struct card *card, struct span command, struct writer *answer);
