/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/device.h"

#include "base/failure.h"
#include "card-os/event.h"
#include "formats/file_ids.h"
#include "card-os/keys.h"
#include "formats/cvc.h"
#include "formats/token_info.h"
#include "storage/audit.h"

static const uint8_t platform_and_version[] = { 0x06, 0x04, 0x01 };
const struct span device_version = { platform_and_version, sizeof platform_and_version };

/* --- Options --- */

int device_options(struct store *store, uint16_t *out)
{
    uint8_t bytes[2];
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_DEVICE, DEVICE_OPTIONS, &stored);
    if (r)
        return r;
    struct reader in = reader_of(written(&stored));
    *out = read_u16(&in);
    return read_finished(&in) ? 0 : failure(FAULT_BROKEN, "options are stored in an unknown form");
}

int device_set_options(struct store *store, uint16_t options)
{
    uint8_t bytes[2];
    struct writer stored = WRITER_OF(bytes);
    write_u16(&stored, options);
    return store_put_written(store, OBJECT_DEVICE, DEVICE_OPTIONS, &stored);
}

int device_pair(struct store *store, uint32_t id, uint8_t *out_first, uint8_t *out_second)
{
    uint8_t bytes[2];
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_DEVICE, id, &stored);
    if (r && r != STORE_ABSENT)
        return r;
    struct reader in = reader_of(written(&stored)); /* reads zeros when there is none */
    *out_first = read_u8(&in);
    *out_second = read_u8(&in);
    bool whole = r == STORE_ABSENT || read_finished(&in);
    return whole ? 0 : failure(FAULT_BROKEN, "pair %u is stored in an unknown form", id);
}

int device_set_pair(struct store *store, uint32_t id, uint8_t first, uint8_t second)
{
    const uint8_t bytes[] = { first, second };
    return store_put(store, OBJECT_DEVICE, id, SPAN_OF(bytes));
}

int device_domains(struct store *store, struct device_domains *out)
{
    uint8_t fixed = 0;
    int r = device_pair(store, DEVICE_DOMAINS, &out->slots, &fixed);
    if (!r)
        out->fixed = fixed;
    return r;
}

int device_set_domains(struct store *store, struct device_domains domains)
{
    return device_set_pair(store, DEVICE_DOMAINS, domains.slots, domains.fixed);
}

int device_exportable(struct store *store, bool *out)
{
    struct device_domains domains;
    int r = device_domains(store, &domains);
    if (!r)
        *out = domains.slots > 0;
    return r;
}

/* --- Identity --- */

/* The label says what the token is until its owner gives it another. */
static int put_token_info(struct store *store, struct span name)
{
    const struct token_info info = {
        .serial = cvc_serial(name),
        .manufacturer = span_of_text("Glass HSM"),
        .label = span_of_text("Glass HSM (stand-in)"),
    };
    uint8_t bytes[96];
    struct writer content = WRITER_OF(bytes);
    token_info_write(&info, &content);
    return store_put_written(store, OBJECT_FILE, FILE_TOKEN_INFO, &content);
}

static int put_certificates(struct store *store, const struct authority *authority,
                            const struct party *device, uint64_t now_ms)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer content = WRITER_OF(bytes);
    int r = store_put(store, OBJECT_DEVICE, DEVICE_ROOT_CERTIFICATE, authority_root(authority));
    if (!r)
        r = authority_certify(authority, device, now_ms, &content);
    if (r)
        return r;
    write_span(&content, authority_issuer(authority));
    return store_put_written(store, OBJECT_FILE, FILE_DEVICE_CERTIFICATES, &content);
}

static int put_device_key(struct store *store, const struct party *device)
{
    struct key key = {
        .id = DEVICE_KEY,
        .spec = device->spec,
        .origin = KEY_GENERATED,
        .uses_left = USES_UNLIMITED,
    };
    return key_seal(store, &key, party_material(device));
}

static int write_identity(const struct env *env, const struct authority *authority,
                          const struct party *device)
{
    int r = put_certificates(env->store, authority, device, env->time_ms(env->context));
    if (!r)
        r = put_device_key(env->store, device);
    if (!r)
        r = put_token_info(env->store, SPAN_OF(device->name));
    if (!r)
        r = event_begin_epoch(env, &(struct audit_record){
                                       .action = AUDIT_STORE_CREATED,
                                       .role = AUDIT_SYSTEM,
                                       .sw = STATUS_OK,
                                   });
    return r;
}

int device_personalise(const struct env *env, const struct authority *authority)
{
    SCOPED(authority_deinit) struct authority own = { 0 };
    SCOPED(party_deinit) struct party device = { 0 };
    int r = authority ? 0 : authority_make(&own, env->device_curve, env->time_ms(env->context));
    const struct authority *issuer = authority ? authority : &own;
    /* The device key is on the issuer's curve: a device's certificate does not state its own
     * (protocol.md 6.1). */
    if (!r)
        r = party_init(&device, "ZZGH", issuer->issuer.spec.curve);
    if (!r)
        r = store_begin(env->store);
    if (!r)
        r = write_identity(env, issuer, &device);
    if (!r)
        return store_commit(env->store, true);
    store_rollback(env->store);
    return r;
}

/* Appends the holder of the device certificate. STORE_ABSENT: there is no certificate. */
static int read_name(struct store *store, struct writer *out)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_FILE, FILE_DEVICE_CERTIFICATES, &stored);
    if (r)
        return r;
    struct span name = cvc_holder(written(&stored));
    if (!name.at)
        return failure(FAULT_BROKEN, "the device certificate names no holder");
    write_span(out, name);
    return 0;
}

int device_name(struct store *store, struct writer *out)
{
    int r = read_name(store, out);
    return r == STORE_ABSENT ? failure(FAULT_BROKEN, "the device certificate is missing") : r;
}

int device_serial(struct store *store, struct writer *out)
{
    uint8_t bytes[CVC_NAME_MAX];
    struct writer name = WRITER_OF(bytes);
    int r = read_name(store, &name);
    write_span(out, cvc_serial(written(&name)));
    return r == STORE_ABSENT ? 0 : r;
}

/* --- Erasing --- */

static int erase_keys(struct call *c)
{
    uint32_t ids[256];
    size_t count = 0;
    int r = store_list(c->card->env->store, OBJECT_KEY, ids, COUNT_OF(ids), &count);
    for (size_t i = 0; !r && i < count; i++)
        if (ids[i] != DEVICE_KEY)
            r = key_delete(c, (uint8_t)ids[i]);
    return r;
}

static int erase_files(struct store *store)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer chain = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_FILE, FILE_DEVICE_CERTIFICATES, &chain);
    if (!r)
        r = store_delete_all(store, OBJECT_FILE);
    if (!r)
        r = store_put_written(store, OBJECT_FILE, FILE_DEVICE_CERTIFICATES, &chain);
    return r;
}

static int forget(struct store *store, uint32_t id)
{
    int r = store_delete(store, OBJECT_DEVICE, id);
    return r == STORE_ABSENT ? 0 : r;
}

int device_erase(struct call *c)
{
    struct store *store = c->card->env->store;
    uint8_t bytes[CVC_NAME_MAX];
    struct writer name = WRITER_OF(bytes);
    int r = device_name(store, &name);
    audit_unfix_policy(store);
    if (!r)
        r = erase_keys(c);
    if (!r)
        r = erase_files(store);
    if (!r)
        r = store_delete_all(store, OBJECT_DOMAIN);
    if (!r)
        r = store_delete_all(store, OBJECT_CUSTODIAN);
    if (!r)
        r = store_delete_all(store, OBJECT_PIN);
    if (!r)
        r = forget(store, DEVICE_UNASKED);
    if (!r)
        r = put_token_info(store, written(&name));
    return r;
}
