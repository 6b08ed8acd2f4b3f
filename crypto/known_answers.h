/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: known-answer tests as table rows, and the function that runs them. The unit
 * tests also run it with rows of their own, to see that each row can fail. */
#pragma once

#include "base/results.h"
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
    /* Computes the row's answer, with its key opened. Returns 0, KNOWN_WRONG, or the result of the
     * operation that failed. */
    int (*check)(const struct known_answer *row, struct live_key *key);
    const struct known_key *key; /* rows with the same key are adjacent, so that it is opened once;
                                    NULL: no key */
    struct scheme scheme;
    const char *input, *expected; /* hex */
};

enum { KNOWN_WRONG = RESULTS_KNOWN_ANSWERS }; /* the answer differs from the expected one */

/* The rows of crypto_self_test(). */
size_t known_answer_count(void);
const struct known_answer *known_answer_at(size_t index);

/* Runs the rows in order. FAULT_BROKEN: the cause names the first row with a wrong answer. */
MUST_CHECK int known_answers_run(const struct known_answer *rows, size_t count);
