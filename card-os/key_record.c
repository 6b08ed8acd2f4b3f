/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/key_record.h"

#include "base/failure.h"
#include "base/tlv.h"

/* Members of a stored key. They are TLV so that members can be added. */
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
           (!kek.at || span_copy(kek, out->kek, sizeof out->kek)) && key_spec_is_known(&key.spec);
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

int key_save(struct store *store, const struct key *key)
{
    uint8_t bytes[KEY_STORED_MAX];
    struct writer stored = WRITER_OF(bytes);
    key_write(key, &stored);
    return store_put_written(store, OBJECT_KEY, key->id, &stored);
}

size_t key_cost(const struct key *key)
{
    return key->spec.bits;
}
