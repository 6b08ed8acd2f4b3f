/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/keys.h"

#include <string.h>

#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/binding.h"
#include "card-os/call.h"
#include "card-os/capacity.h"
#include "card-os/choices.h"
#include "formats/file_ids.h"
#include "card-os/key_record.h"
#include "card-os/strict.h"

/* Computes the key's name in the log. It is a hash of the public key, which anybody can compute
 * from a certificate. A symmetric key has no public part, and so no name. */
static int hash_public(struct key *key, struct span material)
{
    if (!key_kind_of(key->spec.type)->public_part)
        return 0;
    struct public_part part = { 0 };
    int r = key_kind_of(key->spec.type)->public_part(&key->spec, material, &part);
    if (r > 0)
        return failure(FAULT_LIBRARY, "material of key %02X has no public part", key->id);
    return r ? r : audit_key_name(&part, key->hash);
}

/* The device key is used without the PIN as well, so it is not bound to it. */
static bool is_bound(const struct call *c, const struct key *key)
{
    return binding_held(c) && key->id != DEVICE_KEY;
}

static int get_material(const struct call *c, const struct key *key, struct writer *out)
{
    if (!is_bound(c, key))
        return store_get(c->card->env->store, OBJECT_KEY_MATERIAL, key->id, out);
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX + WRAP_OVERHEAD);
    struct writer sealed = WRITER_OF(bytes);
    int r = store_get(c->card->env->store, OBJECT_KEY_MATERIAL, key->id, &sealed);
    return r ? r : binding_open(c, key->id, written(&sealed), out);
}

static int read_material(const struct call *c, const struct key *key, struct writer *out)
{
    int r = get_material(c, key, out);
    return r > 0 ? failure(FAULT_BROKEN, "key %02X has no material", key->id) : r;
}

static int unseal(const struct call *c, const struct key *key, struct live_key **out)
{
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);
    int r = read_material(c, key, &material);
    if (!r)
        r = key_kind_of(key->spec.type)->open(&key->spec, written(&material), out);
    return r > 0 ? failure(FAULT_BROKEN, "the material of key %02X makes no key", key->id) : r;
}

/* Finds a key among the live ones, or makes it live. What the store says of a key with a use
 * counter is read each time, since a rollback may have given uses back. */
static int live_keys_get(struct call *c, uint8_t id, struct live_slot **out)
{
    struct store *store = c->card->env->store;
    *out = live_keys_find(c->live, id);
    if (*out && (*out)->key.uses_left == USES_UNLIMITED)
        return 0;
    struct key key;
    int r = key_load(store, id, &key);
    if (r)
        return r;
    if (!*out) {
        struct live_key *live = NULL;
        r = unseal(c, &key, &live);
        if (r)
            return r;
        *out = live_keys_room(c->live);
        (*out)->live = live;
    }
    (*out)->key = key;
    return 0;
}

/* --- Use --- */

static bool lists(const struct key *key, uint8_t algorithm)
{
    for (size_t i = 0; i < key->algorithm_count; i++)
        if (key->algorithms[i] == algorithm)
            return true;
    return false;
}

bool key_is_for_exchange(const struct key *key)
{
    return key->spec.type == KEY_EC && lists(key, ALGORITHM_EXCHANGE);
}

bool key_exchanges(const struct key *key)
{
    return key_is_for_exchange(key) && key->algorithm_count == 1;
}

static bool allowed(const struct key *key, const struct algorithm *algorithm)
{
    if (!algorithm)
        return false;
    if (algorithm->purpose == PURPOSE_EXCHANGE)
        return key_exchanges(key);
    bool free = key->algorithm_count == 0 && algorithm->purpose != PURPOSE_DERIVE;
    return free || lists(key, algorithm->id);
}

static int spend_use(const struct card *card, const struct key *key)
{
    if (key->uses_left == USES_UNLIMITED)
        return 0;
    struct key spent = *key;
    spent.uses_left--;
    return key_save(card->env->store, &spent);
}

void key_name_subject(struct call *c, const struct key *key)
{
    call_about_file(c, FILE_KEY | key->id);
    memcpy(c->record.key, key->hash, sizeof c->record.key);
}

/* Refuses a key to a command that the log would not show: a row of the table of commands that lacks
 * its log action. */
static int check_told(const struct call *c, bool told)
{
    if (told)
        return 0;
    return failure(FAULT_LIBRARY, "%s uses a key and leaves no record", c->row->name);
}

static bool tells_refusals(const struct call *c)
{
    return c->record.action != AUDIT_NOTHING;
}

static bool tells_successes(const struct call *c)
{
    return tells_refusals(c) && !(c->traits & REFUSALS_ALONE);
}

sw key_use(struct call *c, uint8_t id, enum key_purpose purpose, uint8_t algorithm_id,
           struct key_in_use *out)
{
    call_about_file(c, FILE_KEY | id);
    struct live_slot *slot = NULL;
    int r = check_told(c, tells_successes(c));
    if (!r)
        r = live_keys_get(c, id, &slot);
    if (r == STORE_ABSENT)
        return CHOICE_MISSING_KEY;
    if (r)
        return call_status(c, r);
    key_name_subject(c, &slot->key);

    const struct algorithm *algorithm = algorithm_of(slot->key.spec.type, purpose, algorithm_id);
    if (!allowed(&slot->key, algorithm) || strict_forbids_key(c->card, &slot->key.spec))
        return SW_NOT_SUPPORTED;
    if (slot->key.uses_left == 0)
        return SW_USED_UP;
    r = spend_use(c->card, &slot->key);
    if (r)
        return call_status(c, r);
    *out = (struct key_in_use){ key_kind_of(slot->key.spec.type), slot->live, algorithm->scheme,
                                &slot->key.spec };
    return SW_OK;
}

static int spend_again(struct call *c, uint8_t id)
{
    struct key key;
    int r = key_load(c->card->env->store, id, &key);
    return r ? r : spend_use(c->card, &key);
}

sw key_failed(struct call *c, uint8_t id, sw refusal)
{
    c->spent.settle = spend_again;
    c->spent.id = id;
    return refusal;
}

sw key_use_device(struct call *c, struct key_in_use *out)
{
    struct live_slot *slot = NULL;
    int r = check_told(c, tells_refusals(c));
    if (!r)
        r = live_keys_get(c, DEVICE_KEY, &slot);
    if (r)
        return call_status(c, r);
    *out = (struct key_in_use){ .kind = key_kind_of(slot->key.spec.type),
                                .live = slot->live,
                                .spec = &slot->key.spec };
    return SW_OK;
}

int key_export(const struct call *c, const struct key *key, struct writer *out_material)
{
    int r = check_told(c, tells_successes(c));
    return r ? r : read_material(c, key, out_material);
}

/* --- Making and unmaking --- */

void key_read_limits(struct reader *in, struct span uses, struct span algorithms, struct key *out)
{
    out->uses_left = uses.at ? tlv_number(in, uses) : USES_UNLIMITED;
    struct writer list = WRITER_OF(out->algorithms);
    write_span(&list, algorithms);
    out->algorithm_count = (uint8_t)list.size;
}

static int put_material(struct store *store, const struct key *key, struct span material)
{
    int r = key_save(store, key);
    return r ? r : store_put(store, OBJECT_KEY_MATERIAL, key->id, material);
}

int key_seal(struct store *store, struct key *key, struct span material)
{
    int r = hash_public(key, material);
    return r ? r : put_material(store, key, material);
}

static int seal_bound(const struct call *c, struct key *key, struct span material)
{
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX + WRAP_OVERHEAD);
    struct writer sealed = WRITER_OF(bytes);
    int r = hash_public(key, material);
    if (r)
        return r;
    binding_seal(c, key->id, material, &sealed);
    return put_material(c->card->env->store, key, written(&sealed));
}

static int admit(const struct call *c, const struct key *key)
{
    struct key replaced = { 0 };
    int r = key_load(c->card->env->store, key->id, &replaced);
    return r && r != STORE_ABSENT ? r : capacity_admit(c, key_cost(&replaced), key_cost(key));
}

int key_store(struct call *c, struct key *key, struct span material)
{
    int r = admit(c, key);
    if (r)
        return r;
    live_keys_drop(c->live, key->id);
    return is_bound(c, key) ? seal_bound(c, key, material)
                            : key_seal(c->card->env->store, key, material);
}

int key_in_domain(struct store *store, uint8_t domain, bool *out)
{
    uint32_t ids[256];
    size_t count = 0;
    struct key key;
    bool found = false;
    int r = store_list(store, OBJECT_KEY, ids, COUNT_OF(ids), &count);
    for (size_t i = 0; !r && !found && i < count; i++) {
        r = key_load(store, (uint8_t)ids[i], &key);
        found = !r && key.in_domain && key.domain == domain;
    }
    if (!r)
        *out = found;
    return r;
}

int key_delete(struct call *c, uint8_t id)
{
    live_keys_drop(c->live, id);
    int r = store_delete(c->card->env->store, OBJECT_KEY, id);
    if (!r)
        r = store_delete(c->card->env->store, OBJECT_KEY_MATERIAL, id);
    return r;
}
