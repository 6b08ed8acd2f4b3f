/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/live_keys.h"

static void slot_drop(struct live_slot *slot)
{
    live_key_close(&slot->live);
}

void live_keys_drop(struct live_keys *keys, uint8_t id)
{
    for (size_t i = 0; i < LIVE_KEYS; i++)
        if (keys->slots[i].live && keys->slots[i].key.id == id)
            slot_drop(&keys->slots[i]);
}

void live_keys_drop_all(struct live_keys *keys)
{
    for (size_t i = 0; i < LIVE_KEYS; i++)
        slot_drop(&keys->slots[i]);
}

struct live_slot *live_keys_find(struct live_keys *keys, uint8_t id)
{
    for (size_t i = 0; i < LIVE_KEYS; i++)
        if (keys->slots[i].live && keys->slots[i].key.id == id)
            return &keys->slots[i];
    return NULL;
}

/* Returns a free slot, or else drops the key that was filled in longest ago. */
struct live_slot *live_keys_room(struct live_keys *keys)
{
    for (size_t i = 0; i < LIVE_KEYS; i++)
        if (!keys->slots[i].live)
            return &keys->slots[i];
    struct live_slot *oldest = &keys->slots[keys->oldest];
    keys->oldest = (keys->oldest + 1) % LIVE_KEYS;
    slot_drop(oldest);
    return oldest;
}
