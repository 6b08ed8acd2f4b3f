/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is (struct key), and the live keys that a card holds ready (struct live_keys, a member
 * of struct card). How commands use keys is keys.h. */
#pragma once

#include "crypto/crypto.h"

#define DEVICE_KEY         0x00 /* signs what the card attests; no command can use it */
#define ALGORITHM_LIST_MAX 16
#define USES_UNLIMITED     UINT32_MAX

enum key_origin { /* as stored */
                  KEY_GENERATED = 1,
                  KEY_IMPORTED = 2,
                  KEY_DERIVED = 3,
};

/* What a key is and may do. It holds no secret. */
struct key {
    uint8_t id;
    struct key_spec spec;
    enum key_origin origin;
    uint32_t uses_left;
    uint8_t
        algorithms[ALGORITHM_LIST_MAX]; /* those allowed; if none is listed: allowed() in keys.c */
    uint8_t algorithm_count;
    bool in_domain;
    uint8_t domain;           /* under whose secret it may leave the device (domain.h) */
    uint8_t kek[SHA256_SIZE]; /* the mark that the domain must have for that; zero: never */
    uint8_t hash[12];         /* start of SHA-256 over the public components, for the log */
};

/* The keys used last, ready for the library: making a key ready takes longer than an elliptic-curve
 * signature with it. A key is wiped when it is dropped. */
#define LIVE_KEYS 16
struct live_keys {
    struct live_slot {
        struct key key;
        struct live_key *live; /* NULL: free */
    } slots[LIVE_KEYS];
    unsigned oldest;
};

/* The slot that holds this key, or NULL. */
struct live_slot *live_keys_find(struct live_keys *keys, uint8_t id);
/* A free slot, to be filled; when there is none, the key that was filled in longest ago is
 * dropped. */
struct live_slot *live_keys_room(struct live_keys *keys);
/* Wipes one key, or all of them. Harmless where there is none. */
void live_keys_drop(struct live_keys *keys, uint8_t id);
void live_keys_drop_all(struct live_keys *keys);
