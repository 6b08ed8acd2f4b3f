/* SPDX-License-Identifier: Apache-2.0 */
/* A card and the model of it, to which the same things happen. */
#pragma once

#include <stdio.h>

#include "formats/channel.h"
#include "tests/model/model.h"
#include "tests/support/elsewhere.h"

/* Who lets commands fail (run_faults.c). */
struct play;
struct adversity {
    struct span (*transmit)(struct play *p, struct span command);
    void (*judge)(struct play *p); /* what was answered, after the model has */
    bool met;                      /* by the last command */
};

struct play {
    struct elsewhere *elsewhere;
    struct foreign foreign; /* what the model knows of it */
    struct card_fixture card;
    struct model *model;
    struct channel channel; /* the host's side, while the model says that one is open */
    uint64_t chance;        /* of random() below */
    FILE *transcript;       /* NULL: none is wanted */
    unsigned sent;
    bool failed;                 /* card and model disagree: nothing more is sent */
    struct adversity *adversity; /* NULL: nothing goes wrong */
    struct verdict verdict;
    uint16_t answered;
};

/* A new token, never initialised. */
void play_init(struct play *p, struct elsewhere *e);
/* The same in this empty store, which it takes over. */
void play_init_with(struct play *p, struct elsewhere *e, struct store *store);
void play_deinit(struct play *p);
void play_reset(struct play *p);
void play_power(struct play *p);

/* Below a limit; from p->chance alone, so that a step can be repeated. */
unsigned draw(struct play *p, unsigned limit);
bool percent(struct play *p, unsigned chance);
void draw_bytes(struct play *p, struct writer *out, size_t size);

/* Sends a command in one of the forms that mean the same, mostly through the channel where there is
 * one, and compares. False: card and model disagree, now or before. */
bool play_send(struct play *p, uint8_t ins, uint8_t p1, uint8_t p2, struct span data);
/* The same with this Le; 0: none. */
bool play_send_le(struct play *p, uint32_t header, struct span data, uint32_t le);
/* As it is, whatever it is; never through the channel. */
bool play_send_raw(struct play *p, struct span command);
/* Data of the last answer. */
struct span play_data(const struct play *p);
/* The last answer opened a channel; shared: x-coordinate of what was agreed upon. */
void play_use_channel(struct play *p, struct span shared, struct span nonce);

/* --- Steps --- */

struct step {
    unsigned kind;
    uint64_t chance;
};
struct step step_draw(uint64_t *chance);
void step_play(struct play *p, struct step step);
