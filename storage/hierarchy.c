/* SPDX-License-Identifier: Apache-2.0 */
/* Derives the store's keys: subkey = BLAKE2b-256(key: inner secret; message: label). */
#include "storage/hierarchy.h"

#include <sodium.h>

static const char *const labels[SUBKEY_COUNT] = {
    [SUBKEY_SEAL] = "glasshsm 1 seal",     [SUBKEY_ROW] = "glasshsm 1 row",
    [SUBKEY_SET] = "glasshsm 1 set",       [SUBKEY_STATE] = "glasshsm 1 state",
    [SUBKEY_PEPPER] = "glasshsm 1 pepper", [SUBKEY_ANCHOR] = "glasshsm 1 anchor",
};

int hierarchy_init(struct hierarchy *h, const uint8_t inner[INNER_SIZE])
{
    int r = secret_init(&h->keys, SUBKEY_COUNT * SUBKEY_SIZE);
    for (size_t i = 0; !r && i < SUBKEY_COUNT; i++) {
        struct span label = span_of_text(labels[i]);
        crypto_generichash(h->keys.at + i * SUBKEY_SIZE, SUBKEY_SIZE, label.at, label.size, inner,
                           INNER_SIZE);
    }
    return r;
}

void hierarchy_deinit(struct hierarchy *h)
{
    secret_deinit(&h->keys);
}

const uint8_t *hierarchy_key(const struct hierarchy *h, enum subkey which)
{
    return h->keys.at + which * SUBKEY_SIZE;
}

void hierarchy_mac(const struct hierarchy *h, enum subkey which, const struct span *parts,
                   size_t count, uint8_t out[MAC_SIZE])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, hierarchy_key(h, which), SUBKEY_SIZE, MAC_SIZE);
    for (size_t i = 0; i < count; i++)
        crypto_generichash_update(&state, parts[i].at, parts[i].size);
    crypto_generichash_final(&state, out, MAC_SIZE);
    secret_wipe(&state, sizeof state);
}
