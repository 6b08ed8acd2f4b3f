#include "card-os/device.h"

#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/event.h"
#include "card-os/files.h"
#include "card-os/keys.h"
#include "formats/cvc.h"
#include "formats/token_info.h"
#include "storage/audit.h"

/* The curve of the family's device keys (protocol.md 6.1). */
#define DEVICE_CURVE         "brainpoolP256r1"
#define CERTIFICATE_VALID_MS (20ull * 365 * 24 * 3600 * 1000)

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
    return 0;
}

int device_set_options(struct store *store, uint16_t options)
{
    uint8_t bytes[2];
    struct writer stored = WRITER_OF(bytes);
    write_u16(&stored, options);
    return store_put_written(store, OBJECT_DEVICE, DEVICE_OPTIONS, &stored);
}

int device_domains(struct store *store, struct device_domains *out)
{
    uint8_t bytes[2];
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_DEVICE, DEVICE_DOMAINS, &stored);
    if (r < 0 || r > STORE_ABSENT)
        return r;
    struct reader in = reader_of(written(&stored));
    *out = (struct device_domains){ 0 };
    if (r == STORE_ABSENT)
        return 0;
    out->slots = read_u8(&in);
    out->fixed = read_u8(&in);
    return 0;
}

int device_set_domains(struct store *store, struct device_domains domains)
{
    uint8_t bytes[2];
    struct writer stored = WRITER_OF(bytes);
    write_u8(&stored, domains.slots);
    write_u8(&stored, domains.fixed);
    return store_put_written(store, OBJECT_DEVICE, DEVICE_DOMAINS, &stored);
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

/* A key with the name it goes by in certificates; lives only while the chain is made. */
struct party {
    struct key_spec spec;
    struct secret material;
    size_t material_size;
    struct live_key *live;
    uint8_t name[CVC_NAME_MAX];
};

static void party_deinit(struct party *party)
{
    live_key_close(&party->live);
    secret_deinit(&party->material);
}

static struct span party_material(const struct party *party)
{
    return span_part(secret_span(&party->material), 0, party->material_size);
}

/* Country ZZ belongs to nobody, and a hash of the key keeps names of different installations apart:
 * none of ours is ever taken for the vendor's. */
static int party_name(struct party *party, const char *prefix)
{
    struct public_part part;
    uint8_t hash[SHA256_SIZE];
    int r = key_kind_of(KEY_EC)->public_part(&party->spec, party_material(party), &part);
    if (!r)
        r = sha256_of(part.point, hash);
    if (r)
        return r;

    uint8_t digits[8];
    struct writer hex = WRITER_OF(digits);
    write_hex(&hex, span_of(hash, 4));
    for (size_t i = 0; i < sizeof digits; i++)
        if (digits[i] >= 'a')
            digits[i] = (uint8_t)(digits[i] - 'a' + 'A');
    struct writer name = WRITER_OF(party->name);
    write_text(&name, prefix);
    write_span(&name, span_of(digits, 7));
    write_text(&name, "00001");
    return 0;
}

static int party_init(struct party *party, const char *prefix)
{
    const struct key_kind *kind = key_kind_of(KEY_EC);
    const struct curve *curve = curve_by_name(DEVICE_CURVE);
    party->spec = (struct key_spec){ .type = KEY_EC, .bits = curve->bits, .curve = curve };
    int r = secret_init(&party->material, KEY_MATERIAL_MAX);
    if (r)
        return r;
    struct writer material = writer_of(party->material.at, party->material.size);
    r = kind->generate(&party->spec, NULL, &material);
    if (!r)
        r = key_test_pair(&party->spec, written(&material));
    party->material_size = material.size;
    if (!r)
        r = kind->open(&party->spec, written(&material), &party->live);
    return r ? r : party_name(party, prefix);
}

struct certificate {
    const struct party *holder, *issuer;
    enum cvc_role role;
    uint64_t now_ms;
};

static int write_certificate(const struct certificate *wanted, struct writer *out)
{
    struct cvc_body body = {
        .car = SPAN_OF(wanted->issuer->name),
        .spec = &wanted->holder->spec,
        .domain_parameters = wanted->role == CVC_ROOT,
        .chr = SPAN_OF(wanted->holder->name),
        .role = wanted->role,
        .effective_ms = wanted->now_ms,
        .expiration_ms = wanted->now_ms + CERTIFICATE_VALID_MS,
    };
    const struct key_kind *kind = key_kind_of(KEY_EC);
    int r = kind->public_part(&wanted->holder->spec, party_material(wanted->holder), &body.key);
    if (r)
        return r;

    struct tlv_mark certificate = tlv_open(out, CVC_CERTIFICATE);
    size_t start = out->size;
    r = cvc_write_body(&body, out);
    struct key_in_use key = { .kind = kind,
                              .live = wanted->issuer->live,
                              .spec = &wanted->issuer->spec };
    if (!r)
        r = key_sign_cvc(&key, span_part(written(out), start, out->size), out);
    tlv_close(out, certificate);
    return r;
}

/* The label of a token nobody has labelled says what it is. */
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

struct chain {
    struct party root, issuer, device;
};

static void chain_deinit(struct chain *chain)
{
    party_deinit(&chain->root);
    party_deinit(&chain->issuer);
    party_deinit(&chain->device);
}

static int chain_init(struct chain *chain)
{
    int r = party_init(&chain->root, "ZZGR");
    if (!r)
        r = party_init(&chain->issuer, "ZZGI");
    if (!r)
        r = party_init(&chain->device, "ZZGH");
    return r;
}

static int put_certificates(struct store *store, const struct chain *chain, uint64_t now_ms)
{
    const struct certificate root = { &chain->root, &chain->root, CVC_ROOT, now_ms };
    const struct certificate issuer = { &chain->issuer, &chain->root, CVC_ISSUER, now_ms };
    const struct certificate device = { &chain->device, &chain->issuer, CVC_DEVICE, now_ms };
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer content = WRITER_OF(bytes);

    int r = write_certificate(&root, &content);
    if (!r)
        r = store_put_written(store, OBJECT_DEVICE, DEVICE_ROOT_CERTIFICATE, &content);
    write_trim(&content, 0);
    if (!r)
        r = write_certificate(&device, &content);
    if (!r)
        r = write_certificate(&issuer, &content);
    if (!r)
        r = store_put_written(store, OBJECT_FILE, FILE_DEVICE_CERTIFICATES, &content);
    return r;
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

int device_personalise(const struct env *env)
{
    SCOPED(chain_deinit) struct chain chain = { 0 };
    int r = chain_init(&chain);
    if (!r)
        r = store_begin(env->store);
    if (!r)
        r = put_certificates(env->store, &chain, env->time_ms(env->context));
    if (!r)
        r = put_device_key(env->store, &chain.device);
    if (!r)
        r = put_token_info(env->store, SPAN_OF(chain.device.name));
    if (!r)
        r = event_begin_epoch(env, &(struct audit_record){
                                       .action = AUDIT_STORE_CREATED,
                                       .role = AUDIT_SYSTEM,
                                       .sw = STATUS_OK,
                                   });
    if (!r)
        return store_commit(env->store, true);
    store_rollback(env->store);
    return r;
}

/* STORE_ABSENT. */
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

static int erase_keys(struct card *card)
{
    uint32_t ids[256];
    size_t count = 0;
    int r = store_list(card->env->store, OBJECT_KEY, ids, COUNT_OF(ids), &count);
    for (size_t i = 0; !r && i < count; i++)
        if (ids[i] != DEVICE_KEY)
            r = key_delete(card, (uint8_t)ids[i]);
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

int device_erase(struct card *card)
{
    struct store *store = card->env->store;
    uint8_t bytes[CVC_NAME_MAX];
    struct writer name = WRITER_OF(bytes);
    int r = device_name(store, &name);
    audit_unfix_policy(store);
    if (!r)
        r = erase_keys(card);
    if (!r)
        r = erase_files(store);
    if (!r)
        r = store_delete_all(store, OBJECT_DOMAIN);
    if (!r)
        r = store_delete_all(store, OBJECT_CUSTODIAN);
    if (!r)
        r = store_delete_all(store, OBJECT_PIN);
    if (!r)
        r = put_token_info(store, written(&name));
    return r;
}
