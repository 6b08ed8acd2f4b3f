#include "card-os/keys.h"

#include <string.h>

#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/binding.h"
#include "card-os/capacity.h"
#include "card-os/choices.h"
#include "card-os/files.h"
#include "card-os/strict.h"
#include "formats/cvc.h"

/* --- As stored --- */

/* Members of a stored key, TLV so that later ones find room. */
enum {
    TAG_TYPE = 0x80,
    TAG_BITS = 0x81,
    TAG_EXPONENT = 0x82,
    TAG_CURVE = 0x83,
    TAG_ORIGIN = 0x84,
    TAG_HASH = 0x85,
    TAG_USES = 0x90,
    TAG_ALGORITHMS = 0x91,
    TAG_DOMAIN = 0x92,
    TAG_KEK = 0x93,
};
#define KEY_STORED_MAX 128

static void write_number_member(struct writer *out, uint32_t tag, uint32_t value)
{
    struct tlv_mark member = tlv_open(out, tag);
    write_u32(out, value);
    tlv_close(out, member);
}

static void key_write(const struct key *key, struct writer *out)
{
    tlv_write_u8(out, TAG_TYPE, (uint8_t)key->spec.type);
    write_number_member(out, TAG_BITS, key->spec.bits);
    if (key->spec.exponent)
        write_number_member(out, TAG_EXPONENT, key->spec.exponent);
    if (key->spec.curve)
        tlv_write_u8(out, TAG_CURVE, key->spec.curve->id);
    tlv_write_u8(out, TAG_ORIGIN, (uint8_t)key->origin);
    tlv_write(out, TAG_HASH, SPAN_OF(key->hash));
    if (key->uses_left != USES_UNLIMITED)
        write_number_member(out, TAG_USES, key->uses_left);
    tlv_write(out, TAG_ALGORITHMS, span_of(key->algorithms, key->algorithm_count));
    if (!key->in_domain)
        return;
    tlv_write_u8(out, TAG_DOMAIN, key->domain);
    tlv_write(out, TAG_KEK, SPAN_OF(key->kek));
}

static uint32_t number_or(struct reader *in, struct span value, uint32_t absent)
{
    return value.at ? tlv_number(in, value) : absent;
}

/* What is on a curve names one of its form. */
static bool is_known(const struct key_spec *spec)
{
    if (spec->type == KEY_RSA || spec->type == KEY_AES)
        return true;
    return spec->curve && key_spec_on(spec->curve).type == spec->type;
}

static bool key_read(struct span stored, struct key *out)
{
    struct reader in = reader_of(stored);
    struct span type, bits, exponent, curve, origin, hash, uses, algorithms, domain, kek;
    tlv_read_members(&in, { TAG_TYPE, 1, 1, true, &type }, { TAG_BITS, 4, 4, true, &bits },
                     { TAG_EXPONENT, 4, 4, false, &exponent }, { TAG_CURVE, 1, 1, false, &curve },
                     { TAG_ORIGIN, 1, 1, true, &origin },
                     { TAG_HASH, sizeof out->hash, sizeof out->hash, true, &hash },
                     { TAG_USES, 4, 4, false, &uses },
                     { TAG_ALGORITHMS, 0, ALGORITHM_LIST_MAX, true, &algorithms },
                     { TAG_DOMAIN, 1, 1, false, &domain },
                     { TAG_KEK, sizeof out->kek, sizeof out->kek, false, &kek });
    if (!read_finished(&in) || !domain.at != !kek.at)
        return false;

    struct key key = { .spec = { .type = (enum key_type)tlv_number(&in, type) } };
    key.spec.bits = (uint16_t)tlv_number(&in, bits);
    key.spec.exponent = number_or(&in, exponent, 0);
    key.spec.curve = curve_by_id((uint8_t)number_or(&in, curve, 0));
    key.origin = (enum key_origin)tlv_number(&in, origin);
    key.uses_left = number_or(&in, uses, USES_UNLIMITED);
    key.algorithm_count = (uint8_t)algorithms.size;
    key.in_domain = domain.at;
    key.domain = (uint8_t)number_or(&in, domain, 0);
    *out = key;
    return span_copy(algorithms, out->algorithms, algorithms.size) &&
           span_copy(hash, out->hash, sizeof out->hash) &&
           (!kek.at || span_copy(kek, out->kek, sizeof out->kek)) && is_known(&key.spec);
}

int key_load(struct store *store, uint8_t id, struct key *out)
{
    uint8_t bytes[KEY_STORED_MAX];
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_KEY, id, &stored);
    if (r)
        return r;
    if (!key_read(written(&stored), out))
        return failure(FAULT_BROKEN, "key %02X is stored in an unknown form", id);
    out->id = id;
    return 0;
}

static int key_save(struct store *store, const struct key *key)
{
    uint8_t bytes[KEY_STORED_MAX];
    struct writer stored = WRITER_OF(bytes);
    key_write(key, &stored);
    return store_put_written(store, OBJECT_KEY, key->id, &stored);
}

/* Identifies the key in the log, whatever its file number: both sides can compute it from a
 * certificate. A symmetric key has nothing public to be known by. */
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

/* --- Live keys --- */

static void slot_drop(struct live_slot *slot)
{
    live_key_close(&slot->live);
}

static void live_keys_drop(struct live_keys *keys, uint8_t id)
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

static struct live_slot *live_keys_find(struct live_keys *keys, uint8_t id)
{
    for (size_t i = 0; i < LIVE_KEYS; i++)
        if (keys->slots[i].live && keys->slots[i].key.id == id)
            return &keys->slots[i];
    return NULL;
}

/* A free slot, or else the one that was filled longest ago. */
static struct live_slot *live_keys_room(struct live_keys *keys)
{
    for (size_t i = 0; i < LIVE_KEYS; i++)
        if (!keys->slots[i].live)
            return &keys->slots[i];
    struct live_slot *oldest = &keys->slots[keys->oldest];
    keys->oldest = (keys->oldest + 1) % LIVE_KEYS;
    slot_drop(oldest);
    return oldest;
}

/* The device key serves whoever is logged in, and is bound to no PIN. */
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

int key_export(const struct call *c, const struct key *key, struct writer *out_material)
{
    int r = get_material(c, key, out_material);
    return r > 0 ? failure(FAULT_BROKEN, "key %02X has no material", key->id) : r;
}

static int unseal(const struct call *c, const struct key *key, struct live_key **out)
{
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);
    int r = key_export(c, key, &material);
    if (!r)
        r = key_kind_of(key->spec.type)->open(&key->spec, written(&material), out);
    return r > 0 ? failure(FAULT_BROKEN, "the material of key %02X makes no key", key->id) : r;
}

/* The key with what the store says of it. Of a key with a use counter that is asked each time: a
 * rollback may have given uses back. */
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
    return key->algorithm_count == 0 || lists(key, algorithm->id);
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

sw key_use(struct call *c, uint8_t id, enum key_purpose purpose, uint8_t algorithm_id,
           struct key_in_use *out)
{
    call_about_file(c, FILE_KEY | id);
    struct live_slot *slot = NULL;
    int r = live_keys_get(c, id, &slot);
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

sw key_failed(struct call *c, uint8_t id, sw refusal)
{
    c->used = id;
    return refusal;
}

int key_spend(const struct call *c, uint8_t id)
{
    struct key key;
    int r = key_load(c->card->env->store, id, &key);
    return r ? r : spend_use(c->card, &key);
}

sw key_use_device(struct call *c, struct key_in_use *out)
{
    struct live_slot *slot = NULL;
    int r = live_keys_get(c, DEVICE_KEY, &slot);
    if (r)
        return call_status(c, r);
    *out = (struct key_in_use){ .kind = key_kind_of(slot->key.spec.type),
                                .live = slot->live,
                                .spec = &slot->key.spec };
    return SW_OK;
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

size_t key_cost(const struct key *key)
{
    return key->spec.bits;
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

/* --- Signatures of certificates and requests --- */

static int sign_cvc(const struct key_in_use *key, struct span message, struct writer *signature)
{
    int r = key->kind->sign(key->live, key_request_scheme(key->spec->type), message, signature);
    return r > 0 ? failure(FAULT_LIBRARY, "the %s key cannot sign", key->kind->name) : r;
}

static int write_cvc_signature(const struct key_in_use *key, struct span signature,
                               struct writer *out)
{
    int r = 0;
    struct tlv_mark mark = tlv_open(out, CVC_SIGNATURE);
    if (key->spec->type == KEY_EC)
        r = ecdsa_plain(signature, curve_field_size(key->spec->curve), out);
    else
        write_span(out, signature);
    tlv_close(out, mark);
    return r > 0 ? failure(FAULT_LIBRARY, "the %s key gives no signature", key->kind->name) : r;
}

int key_sign_cvc(const struct key_in_use *key, struct span message, struct writer *out)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer signature = WRITER_OF(bytes);
    int r = sign_cvc(key, message, &signature);
    return r ? r : write_cvc_signature(key, written(&signature), out);
}

int key_prove_cvc(const struct key_in_use *key, const struct public_part *public_part,
                  struct span message, struct writer *out)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer signature = WRITER_OF(bytes);
    int r = sign_cvc(key, message, &signature);
    if (!r)
        r = key->kind->verify(key->spec, public_part, key_request_scheme(key->spec->type), message,
                              written(&signature));
    if (r > 0)
        return failure(FAULT_BROKEN, "the halves of a %s key do not belong together",
                       key->kind->name);
    return r ? r : write_cvc_signature(key, written(&signature), out);
}
