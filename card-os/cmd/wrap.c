/* SPDX-License-Identifier: Apache-2.0 */
/* WRAP KEY and UNWRAP KEY: keys leave and come, encrypted under the secret of their domain
 * (protocol.md 8.3 to 8.5). */
#include <string.h>

#include "base/secret.h"
#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/cmd/cmd.h"
#include "card-os/domain.h"
#include "card-os/files.h"
#include "card-os/key_record.h"
#include "card-os/keys.h"
#include "card-os/strict.h"
#include "formats/key_blob.h"

/* RSA keys up to this size leave and come as their factors (type 06), larger ones as n, d and e, as
 * with the hardware. */
#define CRT_BITS_MAX 2048

/* --- Out --- */

/* Finds the key's domain, which must still have the mark that the key remembers (domain.h). */
static sw find_own_domain(struct call *c, const struct key *key, struct domain *out)
{
    int r = domain_load(c->card->env->store, key->domain, out);
    if (r == STORE_ABSENT)
        return SW_NOT_ALLOWED;
    if (r)
        return call_status(c, r);
    return domain_holds(out, key) ? SW_OK : SW_NOT_ALLOWED;
}

static enum key_blob_type blob_type(const struct key_spec *spec)
{
    if (spec->curve)
        return BLOB_EC;
    if (spec->type == KEY_AES)
        return BLOB_AES;
    return spec->bits <= CRT_BITS_MAX ? BLOB_RSA_CRT : BLOB_RSA;
}

static int seal(struct call *c, const struct key *key, const struct kek *kek, struct span material)
{
    const struct env *env = c->card->env;
    struct key_blob_key content = {
        .type = blob_type(&key->spec),
        .spec = key->spec,
        .algorithms = span_of(key->algorithms, key->algorithm_count),
    };
    uint8_t random[KEY_BLOB_RANDOM];
    int r = env->random(env->context, random, sizeof random);
    if (!r)
        r = key_kind_of(key->spec.type)->to_parts(&key->spec, material, &content.parts);
    if (!r)
        r = key_blob_seal(kek, &content, SPAN_OF(random), &c->out);
    if (!r)
        r = sha256_of(written(&c->out), c->record.digest);
    return r;
}

static sw wrap(struct call *c, const struct key *key, const struct domain *domain)
{
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    SCOPED(kek_wipe) struct kek kek = { 0 };
    struct writer material = WRITER_OF(bytes);
    int r = kek_derive(SPAN_OF(domain->kek), &kek);
    if (!r)
        r = key_export(c, key, &material);
    if (!r)
        r = seal(c, key, &kek, written(&material));
    return call_status(c, r);
}

sw cmd_wrap_key(struct call *c)
{
    struct key key;
    SCOPED(domain_wipe) struct domain domain = { 0 };
    call_about_file(c, FILE_KEY | c->apdu.p1);
    int r = key_load(c->card->env->store, c->apdu.p1, &key);
    if (r == STORE_ABSENT)
        return SW_NOT_FOUND; /* docs/HARDWARE.md, fact 40 */
    if (r)
        return call_status(c, r);
    key_name_subject(c, &key);
    if (strict_forbids_key(c->card, &key.spec))
        return SW_NOT_ALLOWED;
    if (key.uses_left != USES_UNLIMITED)
        return CHOICE_COUNTED_KEY_EXPORT;
    if (key_exchanges(&key))
        return CHOICE_EXCHANGE_KEY_EXPORT;
    if (!key.in_domain)
        return CHOICE_KEY_WITHOUT_DOMAIN;
    sw s = find_own_domain(c, &key, &domain);
    return sw_ok(s) ? wrap(c, &key, &domain) : s;
}

/* --- In --- */

/* One answer for everything that can be wrong with a blob, so that a host cannot learn which check
 * it failed. That the card lacks the secret which the blob names is answered before (6A88). */
static sw import_status(struct call *c, int result)
{
    return call_judge(c, result, CHOICE_DAMAGED_BLOB);
}

static bool take_algorithms(struct span list, struct key *key)
{
    struct writer out = WRITER_OF(key->algorithms);
    write_span(&out, list);
    key->algorithm_count = (uint8_t)out.size;
    return !out.full;
}

static sw import(struct call *c, const struct key_blob_key *content, struct key *key)
{
    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);
    key->spec = content->spec;
    if (!take_algorithms(content->algorithms, key))
        return SW_WRONG_DATA;
    const struct patience patience = call_patience(c);
    int r = key_kind_of(key->spec.type)->import(&key->spec, &content->parts, &patience, &material);
    if (r)
        return import_status(c, r);
    if (strict_forbids_key(c->card, &key->spec))
        return SW_WRONG_DATA;
    if (content->type == BLOB_RSA_CRT && key->spec.bits > CRT_BITS_MAX)
        return SW_WRONG_DATA; /* as the hardware (protocol.md 8.5) */
    r = key_store(c, key, written(&material));
    if (!r)
        key_name_subject(c, key);
    return call_status(c, r);
}

static sw unwrap(struct call *c, const struct key_blob *blob)
{
    SCOPED_SECRET(bytes, KEY_BLOB_MAX);
    SCOPED(domain_wipe) struct domain domain = { 0 };
    SCOPED(kek_wipe) struct kek kek = { 0 };
    struct writer plain = WRITER_OF(bytes);
    struct key key = { .id = c->apdu.p1, .origin = KEY_IMPORTED, .uses_left = USES_UNLIMITED };
    struct key_blob_key content;
    uint8_t id;
    int r = domain_find(c->card->env->store, blob->check, &id, &domain);
    if (r)
        return call_status(c, r);
    r = kek_derive(SPAN_OF(domain.kek), &kek);
    if (!r)
        r = key_blob_open(&kek, blob, &plain, &content);
    if (r)
        return import_status(c, r);
    domain_enter(id, &domain, &key);
    return import(c, &content, &key);
}

static sw unwrap_bytes(struct call *c, struct span bytes)
{
    struct key_blob blob;
    call_about_file(c, FILE_KEY | c->apdu.p1);
    int r = sha256_of(bytes, c->record.digest);
    if (r)
        return call_status(c, r);
    return key_blob_read(bytes, &blob) ? unwrap(c, &blob) : SW_WRONG_DATA;
}

sw cmd_unwrap_key(struct call *c)
{
    return unwrap_bytes(c, c->apdu.data);
}

/* The blob is in the work file: newer hosts write it there first. */
sw cmd_unwrap_work_file(struct call *c)
{
    int r = file_load(c, FILE_WORK, &c->scratch);
    if (r == STORE_ABSENT)
        return SW_FILE_NOT_FOUND;
    return r ? call_status(c, r) : unwrap_bytes(c, written(&c->scratch));
}
