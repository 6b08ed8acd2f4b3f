/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/domain.h"

#include <string.h>

#include "base/failure.h"
#include "base/secret.h"
#include "card-os/call.h"
#include "card-os/device.h"

#define DOMAIN_STORED                                                                              \
    (34 + CVC_GROUP_SIZE) /* bytes: shares, outstanding, secret; and the group if there is one */

void domain_wipe(struct domain *domain)
{
    secret_wipe(domain, sizeof *domain);
}

/* --- As stored --- */

static int fill_in_hashes(struct domain *domain)
{
    memset(domain->check, 0, sizeof domain->check);
    int r = domain->outstanding ? 0 : sha256_of(SPAN_OF(domain->kek), domain->check);
    if (!r && domain->has_group)
        return sha256_of(SPAN_OF(domain->group), domain->mark);
    memcpy(domain->mark, domain->check, sizeof domain->mark);
    return r;
}

static bool read_stored(struct reader *in, struct domain *out)
{
    out->shares = read_u8(in);
    out->outstanding = read_u8(in);
    bool whole = span_copy(read_span(in, sizeof out->kek), out->kek, sizeof out->kek);
    out->has_group = read_left(in);
    return whole && (!out->has_group || span_copy(read_rest(in), out->group, sizeof out->group));
}

int domain_load(struct store *store, uint8_t id, struct domain *out)
{
    SCOPED_SECRET(bytes, DOMAIN_STORED);
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_DOMAIN, id, &stored);
    if (r)
        return r;
    struct reader in = reader_of(written(&stored));
    if (!read_stored(&in, out))
        return failure(FAULT_BROKEN, "key domain %u is stored in an unknown form", id);
    return fill_in_hashes(out);
}

static int save(struct store *store, uint8_t id, struct domain *domain)
{
    SCOPED_SECRET(bytes, DOMAIN_STORED);
    struct writer stored = WRITER_OF(bytes);
    write_u8(&stored, domain->shares);
    write_u8(&stored, domain->outstanding);
    write_span(&stored, SPAN_OF(domain->kek));
    if (domain->has_group)
        write_span(&stored, SPAN_OF(domain->group));
    int r = fill_in_hashes(domain);
    return r ? r : store_put_written(store, OBJECT_DOMAIN, id, &stored);
}

int domain_create(const struct env *env, uint8_t id, uint8_t shares, struct domain *out)
{
    *out = (struct domain){ .shares = shares, .outstanding = shares };
    int r = shares ? 0 : env->random(env->context, out->kek, sizeof out->kek);
    return r ? r : save(env->store, id, out);
}

int domain_add_share(struct store *store, uint8_t id, struct span share, struct domain *domain)
{
    struct reader in = reader_of(share);
    for (size_t i = 0; i < sizeof domain->kek; i++)
        domain->kek[i] ^= read_u8(&in);
    domain->outstanding--;
    return save(store, id, domain);
}

int domain_count_unasked(struct store *store)
{
    uint8_t count = 0, unused = 0;
    int r = device_pair(store, DEVICE_UNASKED, &count, &unused);
    return r || count == 255 ? r : device_set_pair(store, DEVICE_UNASKED, count + 1, 0);
}

int domain_dkek_facts(struct store *store, struct dkek_facts *out)
{
    struct device_domains domains;
    SCOPED(domain_wipe) struct domain dkek = { 0 };
    uint8_t unused = 0;
    *out = (struct dkek_facts){ 0 };
    int r = device_domains(store, &domains);
    if (r || !domains.fixed)
        return r;
    r = domain_load(store, 0, &dkek);
    if (!r)
        r = device_pair(store, DEVICE_UNASKED, &out->unasked, &unused);
    out->exists = true;
    out->shares = dkek.shares;
    out->missing = dkek.outstanding;
    return r == STORE_ABSENT ? failure(FAULT_BROKEN, "the DKEK is missing") : r;
}

int domain_join(struct store *store, uint8_t id, struct span group, struct domain *out)
{
    struct domain domain = { .outstanding = 1, .has_group = true };
    if (!span_copy(group, domain.group, sizeof domain.group))
        return failure(FAULT_LIBRARY, "a group of %zu bytes", group.size);
    *out = domain;
    return save(store, id, out);
}

int domain_exchange(struct store *store, uint8_t id, struct span secret, struct domain *domain)
{
    if (!span_copy(secret, domain->kek, sizeof domain->kek))
        return failure(FAULT_LIBRARY, "a domain's secret of %zu bytes", secret.size);
    domain->outstanding = 0;
    return save(store, id, domain);
}

int domain_delete(struct store *store, uint8_t id)
{
    return store_delete(store, OBJECT_DOMAIN, id);
}

void domain_write_status(const struct domain *domain, struct writer *out)
{
    write_u8(out, domain->shares);
    write_u8(out, domain->has_group ? 0 : domain->outstanding); /* a group's domain has no shares */
    write_span(out, span_of(domain->check, KEK_CHECK_SIZE));
    if (domain->has_group)
        write_span(out, SPAN_OF(domain->group));
}

/* --- Keys and their domains --- */

/* Finds the first domain for which is_wanted() is true. STORE_ABSENT. */
static int find(struct store *store, bool (*is_wanted)(const struct domain *, struct span),
                struct span wanted, uint8_t *out_id, struct domain *out)
{
    uint32_t ids[256];
    size_t count = 0;
    int r = store_list(store, OBJECT_DOMAIN, ids, COUNT_OF(ids), &count);
    for (size_t i = 0; !r && i < count; i++) {
        r = domain_load(store, (uint8_t)ids[i], out);
        if (!r && is_wanted(out, wanted)) {
            *out_id = (uint8_t)ids[i];
            return 0;
        }
    }
    return r ? r : STORE_ABSENT;
}

static bool has_check(const struct domain *domain, struct span check)
{
    return !domain->outstanding && span_equal(check, span_of(domain->check, KEK_CHECK_SIZE));
}

static bool is_of_group(const struct domain *domain, struct span group)
{
    return domain->has_group && span_equal(group, SPAN_OF(domain->group));
}

int domain_find(struct store *store, struct span check, uint8_t *out_id, struct domain *out)
{
    return find(store, has_check, check, out_id, out);
}

int domain_find_group(struct store *store, struct span group, uint8_t *out_id)
{
    SCOPED(domain_wipe) struct domain domain = { 0 };
    return find(store, is_of_group, group, out_id, &domain);
}

void domain_enter(uint8_t id, const struct domain *domain, struct key *key)
{
    key->in_domain = true;
    key->domain = id;
    memcpy(key->kek, domain->mark, sizeof key->kek);
}

bool domain_holds(const struct domain *domain, const struct key *key)
{
    return key->in_domain && !domain->outstanding &&
           span_equal(SPAN_OF(domain->mark), SPAN_OF(key->kek));
}

sw domain_assign(struct call *c, struct span wished, struct key *key)
{
    struct store *store = c->card->env->store;
    struct device_domains domains;
    int r = device_domains(store, &domains);
    if (r)
        return call_status(c, r);
    if (!wished.at && !domains.fixed)
        return SW_OK;

    struct reader in = reader_of(wished);
    uint8_t id = read_u8(&in); /* 0 when the host named none */
    SCOPED(domain_wipe) struct domain domain = { 0 };
    r = domain_load(store, id, &domain); /* absent: 6A88, as hardware answers */
    if (r)
        return call_status(c, r);
    /* The key's mark would be that of an incomplete secret, so it could never leave. */
    if (domain.outstanding && !domain.has_group)
        return SW_NOT_ALLOWED;
    domain_enter(id, &domain, key);
    return SW_OK;
}
