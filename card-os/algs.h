/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms that commands offer, and what their algorithm byte means (protocol.md 7.1): one
 * row per algorithm, kind of key and purpose. */
#pragma once

#include "crypto/crypto.h"

/* What a key is used for. Each command that uses a key has one purpose. */
enum key_purpose {
    PURPOSE_SIGN,
    PURPOSE_DECIPHER,
    PURPOSE_CIPHER,
    PURPOSE_DERIVE,   /* only keys whose algorithm list names it */
    PURPOSE_EXCHANGE, /* only keys whose algorithm list names it and nothing else: exchange.h */
};

/* The only algorithm byte with PURPOSE_EXCHANGE. */
#define ALGORITHM_EXCHANGE 0x84

struct algorithm {
    const char *name;
    uint8_t id; /* P2, and what a key's algorithm list holds */
    enum key_purpose purpose;
    enum key_type type;
    struct scheme scheme;
};

/* NULL: there is no such algorithm for this purpose and type of key. */
const struct algorithm *algorithm_of(enum key_type type, enum key_purpose purpose, uint8_t id);
/* The table, for the documentation. */
size_t algorithm_count(void);
const struct algorithm *algorithm_at(size_t index);
