/* SPDX-License-Identifier: Apache-2.0 */
/* A card whose world is fixed: store in memory, clock that ticks by one, random bytes from a seed.
 */
#pragma once

#include "card-os/card.h"
#include "storage/audit.h"
#include "storage/open.h"
#include "tests/support/commands.h"

struct card_fixture {
    struct env env;
    struct card *card;
    struct store *store;
    uint64_t ticks;
    uint32_t seed;
    bool cancelled;
    const char *last_row; /* the row that the last command reached, or NULL */
    struct writer answer;
    uint8_t answer_bytes[CARD_APDU_MAX];
    int fault; /* what card_transmit returned last */
};

/* A personalised token, powered on, never initialised. Aborts the test when that fails. */
void card_fixture_init(struct card_fixture *f);
void card_fixture_deinit(struct card_fixture *f);
/* The same world around another store, which it takes over: not personalised, no card yet. */
void card_fixture_attach(struct card_fixture *f, struct store *store);
void card_fixture_power_on(struct card_fixture *f);
/* Harmless twice. */
void card_fixture_power_off(struct card_fixture *f);
/* Off and on again, with the same store. */
void card_fixture_power_cycle(struct card_fixture *f);

/* The next call for random bytes fails; those after it do not. */
void card_fixture_fail_random_once(struct card_fixture *f);

/* Sends a command; the answer, data and status word, stays valid until the next. */
struct span card_fixture_send(struct card_fixture *f, struct span command);
/* The same from hexadecimal text. */
struct span card_fixture_send_hex(struct card_fixture *f, const char *command);
/* Sends and gives the status word alone. */
uint16_t card_fixture_status(struct card_fixture *f, const char *command);
/* The same of a command that has this header (CLA, INS, P1, P2) and data, and asks for whatever
 * there is to be answered. */
uint16_t card_fixture_command(struct card_fixture *f, uint32_t header, struct span data);
/* The status word at the end of an answer. */
uint16_t answer_status(struct span answer);
/* The answer's data without the status word. */
struct span card_fixture_data(const struct card_fixture *f);
/* The newest record of its log. */
struct audit_record card_fixture_last_record(const struct card_fixture *f);

/* INITIALIZE with the development values: PIN 648219, SO-PIN 3537363231383830, three tries; then a
 * reset. */
void card_fixture_initialise(struct card_fixture *f);
