/* Private to crypto/: known-answer tests as rows, and the runner that takes them. The tests hand it
 * rows of their own, to see that each can fail. */
#pragma once

#include "crypto/crypto.h"

/* A published key. */
struct known_key {
    enum key_type type;
    uint16_t bits;
    uint32_t exponent;    /* RSA */
    const char *curve;    /* EC: name of its row */
    const char *parts[8]; /* hex, in the order of the kind's material; NULL after the last */
};

struct known_answer {
    const char *name;
    /* Works the row out, with its key made ready: 0, KNOWN_WRONG, or what the operation gave. */
    int (*check)(const struct known_answer *row, struct live_key *key);
    const struct known_key *key; /* rows with the same one stand together; NULL: none */
    struct scheme scheme;
    const char *input, *expected; /* hex */
};

enum { KNOWN_WRONG = 100 }; /* another answer than the expected one */

/* The rows of crypto_self_test(). */
size_t known_answer_count(void);
const struct known_answer *known_answer_at(size_t index);

/* Works out the rows one after the other. FAULT_BROKEN names the first whose answer is wrong. */
MUST_CHECK int known_answers_run(const struct known_answer *rows, size_t count);
