/* A card whose world is fixed: store in memory, clock that ticks by one, random bytes from a seed.
 */
#pragma once

#include "card-os/card.h"
#include "storage/open.h"

struct card_fixture {
    struct env env;
    struct card *card;
    struct store *store;
    uint64_t ticks;
    uint32_t seed;
    bool cancelled;
    int (*working_random)(void *context, uint8_t *out, size_t size); /* for tests that replace it */
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

/* Sends a command; the answer, data and status word, stays valid until the next. */
struct span card_fixture_send(struct card_fixture *f, struct span command);
/* The same from hexadecimal text. */
struct span card_fixture_send_hex(struct card_fixture *f, const char *command);
/* Sends and gives the status word alone. */
uint16_t card_fixture_status(struct card_fixture *f, const char *command);
/* The answer's data without the status word. */
struct span card_fixture_data(const struct card_fixture *f);

/* INITIALIZE with the development values: PIN 648219, SO-PIN 3537363231383830, three tries; then a
 * reset. */
void card_fixture_initialise(struct card_fixture *f);
#define FIXTURE_VERIFY_USER    "00 20 00 81 06 36 34 38 32 31 39"
#define FIXTURE_VERIFY_OFFICER "00 20 00 88 08 35 37 36 32 31 38 38 30"
#define FIXTURE_INITIALIZE                                                                         \
    "80 50 00 00 19 80 02 00 01 81 06 36 34 38 32 31 39 82 08 35 37 36 32 31 38 38 30 91 01 03"
/* The worked example of protocol.md 5.1: a key pair 02 on P-256. */
#define FIXTURE_GENERATE_P256                                                                      \
    "00 46 02 00 00 00 FF 5F290100 4209555443413030303031 7F4981DA 060A04007F00070202020203"       \
    "8120FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"                         \
    "8220FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC"                         \
    "83205AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B 844104"                  \
    "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"                             \
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"                             \
    "8520FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 870101"                  \
    "5F200F455348534D30303030313030303031 00 00"
