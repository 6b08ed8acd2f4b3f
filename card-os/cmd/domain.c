/* SPDX-License-Identifier: Apache-2.0 */
/* MANAGE KEY DOMAIN: domains, and the shares of their secret (protocol.md 8.1, 9.1, 9.2). P2 is the
 * number of the domain. */
#include "card-os/call.h"
#include "card-os/domain.h"

#include <string.h>

#include "card-os/choices.h"
#include "card-os/cmd/cmd.h"
#include "card-os/device.h"
#include "card-os/exchange.h"
#include "card-os/keys.h"

static struct store *store_of(const struct call *c)
{
    return c->card->env->store;
}

/* Hosts count domains by asking for 0, 1, 2 ... until 6A86; 6A88 is a slot that is free. */
static sw check_slot(struct call *c)
{
    struct device_domains domains;
    int r = device_domains(store_of(c), &domains);
    if (r)
        return call_status(c, r);
    return c->apdu.p2 < domains.slots ? SW_OK : SW_WRONG_P1P2;
}

static sw find(struct call *c, struct domain *out)
{
    sw s = check_slot(c);
    return sw_ok(s) ? call_status(c, domain_load(store_of(c), c->apdu.p2, out)) : s;
}

sw cmd_domain_status(struct call *c)
{
    SCOPED(domain_wipe) struct domain domain = { 0 };
    sw s = find(c, &domain);
    domain_write_status(&domain, &c->out);
    return s;
}

sw cmd_import_share(struct call *c)
{
    SCOPED(domain_wipe) struct domain domain = { 0 };
    sw s = find(c, &domain);
    if (s.value == STATUS_NOT_FOUND)
        return CHOICE_UNMADE_DOMAIN;
    if (!sw_ok(s))
        return s;
    if (!domain.outstanding || domain.has_group)
        return CHOICE_SURPLUS_SHARE;
    int r = domain_add_share(store_of(c), c->apdu.p2, c->apdu.data, &domain);
    if (!r && !c->card->session.user)
        r = domain_count_unasked(store_of(c));
    s = call_status(c, r);
    domain_write_status(&domain, &c->out);
    return s;
}

static sw check_free(struct call *c)
{
    SCOPED(domain_wipe) struct domain domain = { 0 };
    sw s = find(c, &domain);
    if (sw_ok(s))
        return CHOICE_DOMAIN_EXISTS;
    return s.value == STATUS_NOT_FOUND ? SW_OK : s;
}

sw cmd_create_domain(struct call *c)
{
    struct reader in = call_data(c);
    uint8_t shares = read_u8(&in);
    SCOPED(domain_wipe) struct domain domain = { 0 };
    sw s = check_free(c);
    if (!sw_ok(s))
        return s;
    s = call_status(c, domain_create(c->card->env, c->apdu.p2, shares, &domain));
    domain_write_status(&domain, &c->out);
    return s;
}

/* A group has one domain in a device: exchanges find the domain by the group. */
static sw check_first(struct call *c, struct span group)
{
    uint8_t id;
    int r = domain_find_group(store_of(c), group, &id);
    if (r == STORE_ABSENT)
        return SW_OK;
    return r ? call_status(c, r) : CHOICE_GROUP_TWICE;
}

sw cmd_join_domain(struct call *c)
{
    uint8_t group[CVC_GROUP_SIZE];
    SCOPED(domain_wipe) struct domain domain = { 0 };
    sw s = check_free(c);
    if (sw_ok(s))
        s = exchange_check_membership(c, c->apdu.data, group);
    if (sw_ok(s))
        s = check_first(c, SPAN_OF(group));
    if (!sw_ok(s))
        return s;
    s = call_status(c, domain_join(store_of(c), c->apdu.p2, SPAN_OF(group), &domain));
    domain_write_status(&domain, &c->out);
    return s;
}

sw cmd_delete_domain(struct call *c)
{
    bool used = false;
    sw s = check_slot(c);
    if (sw_ok(s))
        s = call_status(c, key_in_domain(store_of(c), c->apdu.p2, &used));
    if (!sw_ok(s))
        return s;
    return used ? SW_NOT_EMPTY : call_status(c, domain_delete(store_of(c), c->apdu.p2));
}

static int forget_secret(struct call *c, struct domain *domain)
{
    if (!domain->has_group)
        return domain_create(c->card->env, c->apdu.p2, domain->shares, domain);
    uint8_t group[CVC_GROUP_SIZE];
    memcpy(group, domain->group, sizeof group);
    return domain_join(store_of(c), c->apdu.p2, SPAN_OF(group), domain);
}

/* The keys of the domain stay. They can leave again once the domain has the same secret; in a
 * group's domain, once it has agreed on one with any member. */
sw cmd_clear_domain(struct call *c)
{
    SCOPED(domain_wipe) struct domain domain = { 0 };
    sw s = find(c, &domain);
    if (!sw_ok(s))
        return s;
    if (!domain.shares && !domain.has_group)
        return CHOICE_CLEAR_RANDOM_DOMAIN;
    s = call_status(c, forget_secret(c, &domain));
    domain_write_status(&domain, &c->out);
    return s;
}
