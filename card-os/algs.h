/* What the algorithm byte P2 means (protocol.md 7.1): one row an algorithm. */
#pragma once

#include "crypto/crypto.h"

/* What a key is used for; a command names its own. */
enum key_purpose {
    PURPOSE_SIGN,
    PURPOSE_DECIPHER,
    PURPOSE_CIPHER,
    PURPOSE_DERIVE,   /* only keys whose list says so */
    PURPOSE_EXCHANGE, /* only keys whose list says so, and nothing else: exchange.h */
};

/* The one algorithm of PURPOSE_EXCHANGE. */
#define ALGORITHM_EXCHANGE 0x84

struct algorithm {
    const char *name;
    uint8_t id; /* P2, and what a key's algorithm list holds */
    enum key_purpose purpose;
    enum key_type type;
    struct scheme scheme;
};

/* NULL: the card does not know it for this purpose, or keys of this type do not do it. */
const struct algorithm *algorithm_of(enum key_type type, enum key_purpose purpose, uint8_t id);
size_t algorithm_count(void);
const struct algorithm *algorithm_at(size_t index);
