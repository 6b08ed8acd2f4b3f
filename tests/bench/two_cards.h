/* SPDX-License-Identifier: Apache-2.0 */
/* Behind one reader: in the first slot of a private world our token, in the second the canned card
 * (canned_card.h), the same pcscd and driver before both. */
#pragma once

#include "host/client/reader.h"
#include "tests/bench/bench.h"
#include "tests/bench/canned_card.h"
#include "tests/bench/key_sort.h"

#define OURS      "Glass HSM 00 00"
#define REFERENCE "Glass HSM 00 01"

struct two_cards {
    struct world world;
    struct reader_service service;
    pid_t canned;
};

/* store: of our token, NULL: in memory. reference_folder: for the canned card's plain database, or
 * NULL. To be started in a process apart, before anything there uses OpenSSL: PC/SC's library finds
 * its service once, and the canned card gives OpenSSL another heap. */
void two_cards_start(const char *daemon, const char *store, const char *reference_folder,
                     struct two_cards *out);
void two_cards_end(struct two_cards *cards);

/* The body of a benchmark that does all its measuring in a process apart, with a scratch folder. */
struct two_cards_run {
    const char *daemon, *folder;
};
int two_cards_main(int argc, char **argv, void (*measure)(void *run));

/* Measures a row of ours and the canned card's, whose first reference is the latter's, once more
 * while the canned card is a bare one with a key of this sort; further references are left out. */
void two_cards_compare_bare(const struct two_cards *cards, const struct comparison *row,
                            const struct key_sort *sort);

/* The same in two steps: from now on the canned card is a bare one; no longer. */
void two_cards_be_bare(const struct two_cards *cards, const struct key_sort *sort);
void two_cards_be_canned(const struct two_cards *cards);
/* What the canned card did since it was last asked. */
struct canned_work {
    uint32_t commands, worked_us;
};
struct canned_work two_cards_ask(const struct two_cards *cards);

/* A command to a card. Operations (bench.h), whose context it is: */
struct exchange {
    struct reader_card card;
    struct span command;
};
void exchange_connect(const struct two_cards *cards, const char *reader, struct exchange *e);
void exchange(void *e);
/* In a transaction of its own, as OpenSC does it. */
void exchange_alone(void *e);

/* The order that has nothing done: with exchange() A, with exchange_alone() F, the floor. */
struct span nothing_command(void);
