/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/capacity.h"

#include "formats/file_ids.h"
#include "card-os/key_record.h"
#include "card-os/staging.h"

static int add_keys(struct store *store, struct usage *usage)
{
    uint32_t ids[256];
    size_t count = 0;
    struct key key;
    int r = store_list(store, OBJECT_KEY, ids, COUNT_OF(ids), &count);
    for (size_t i = 0; !r && i < count; i++) {
        r = key_load(store, (uint8_t)ids[i], &key);
        if (!r && key.id != DEVICE_KEY)
            usage->used += key_cost(&key);
    }
    usage->files += (uint32_t)count;
    return r;
}

static int add_objects(struct store *store, enum object_type type, struct usage *usage,
                       size_t *out_count)
{
    uint64_t bytes = 0;
    int r = store_measure(store, type, out_count, &bytes);
    usage->used += bytes;
    return r;
}

static int add_files(const struct call *c, struct usage *usage)
{
    const struct work_file *work = session_seen(c)->work_file;
    struct store *store = c->card->env->store;
    size_t count = 0, own = 0;
    int r = add_objects(store, OBJECT_FILE, usage, &count);
    if (!r)
        r = store_size(store, OBJECT_FILE, FILE_DEVICE_CERTIFICATES, &own);
    if (r && r != STORE_ABSENT)
        return r;
    usage->used += (work ? work->size : 0) - (uint64_t)own;
    usage->files += (uint32_t)count;
    return 0;
}

int capacity_usage(const struct call *c, struct usage *out)
{
    struct store *store = c->card->env->store;
    struct usage usage = { 0 };
    size_t custodians;
    int r = add_files(c, &usage);
    if (!r)
        r = add_keys(store, &usage);
    if (!r)
        r = add_objects(store, OBJECT_CUSTODIAN, &usage, &custodians);
    if (!r)
        *out = usage;
    return r;
}

uint32_t capacity_free(const struct card *card, const struct usage *usage)
{
    uint32_t limit = card->env->capacity;
    if (limit == CAPACITY_UNLIMITED)
        return CAPACITY_TOLD;
    return usage->used < limit ? (uint32_t)(limit - usage->used) : 0;
}

int capacity_admit(const struct call *c, size_t before, size_t after)
{
    struct usage usage;
    if (c->card->env->capacity == CAPACITY_UNLIMITED || after <= before)
        return 0;
    int r = capacity_usage(c, &usage);
    if (r)
        return r;
    return after - before > capacity_free(c->card, &usage) ? CARD_FULL : 0;
}
