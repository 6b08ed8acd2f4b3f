/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/exchange.h"

#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/key_record.h"
#include "card-os/keys.h"
#include "card-os/trust.h"

#define MEMBERSHIP_SIGNATURE 0x54
#define POINT_SIZE           (1 + CVC_GROUP_SIZE) /* 04 || x || y */

static struct store *store_of(const struct call *c)
{
    return c->card->env->store;
}

/* Whether the x-coordinate of an agreement on this curve is as long as a domain's secret. */
static bool can_exchange(const struct key_spec *spec)
{
    return spec->type == KEY_EC && curve_field_size(spec->curve) == KEK_SIZE;
}

/* --- Memberships --- */

/* The group signer's request, and the signature that follows it. */
struct membership {
    struct cvc_request signer;
    struct span signature;
};

static int read_membership(struct span bytes, struct membership *out)
{
    struct reader in = reader_of(bytes);
    while (read_left(&in) && !tlv_is_next(&in, MEMBERSHIP_SIGNATURE))
        tlv_read(&in);
    struct reader request = reader_of(span_part(bytes, 0, bytes.size - read_left(&in)));
    out->signature = tlv_expect(&in, MEMBERSHIP_SIGNATURE);
    return read_finished(&in) ? cvc_read_request(&request, &out->signer) : CVC_NO_KEY;
}

/* Writes what the group signer has signed: the tag, and the x-coordinate of this device's key. */
static int write_signed(const struct call *c, struct writer *out)
{
    struct holder device;
    int r = trust_own_device(c, &device);
    if (r)
        return r;
    struct reader point = reader_of(holder_key(&device).point);
    read_u8(&point);
    write_u8(out, MEMBERSHIP_SIGNATURE);
    write_span(out, read_span(&point, read_left(&point) / 2));
    return 0;
}

static sw check_signature(struct call *c, const struct membership *membership)
{
    uint8_t bytes[1 + CURVE_FIELD_MAX];
    struct writer message = WRITER_OF(bytes);
    const struct cvc *signer = &membership->signer.inner;
    int r = write_signed(c, &message);
    if (!r)
        r = cvc_verify(&signer->spec, &signer->key, written(&message), membership->signature);
    return call_judge(c, r, CHOICE_BAD_MEMBERSHIP);
}

static sw read_signer(struct call *c, struct span bytes, struct membership *out)
{
    int r = sha256_of(bytes, c->record.digest);
    if (!r)
        r = read_membership(bytes, out);
    if (r)
        return call_judge(c, r, SW_WRONG_DATA);
    if (!can_exchange(&out->signer.inner.spec) || out->signer.inner.key.point.size != POINT_SIZE)
        return CHOICE_GROUP_KEY;
    return call_status(c, audit_key_name(&out->signer.inner.key, c->record.key));
}

sw exchange_check_membership(struct call *c, struct span bytes, uint8_t *out_group)
{
    struct membership membership = { 0 };
    sw s = read_signer(c, bytes, &membership);
    if (sw_ok(s))
        s = trust_check_request(c, &membership.signer);
    if (sw_ok(s))
        s = check_signature(c, &membership);
    if (sw_ok(s)) /* read_signer() has checked its size */
        memcpy(out_group, membership.signer.inner.key.point.at + 1, CVC_GROUP_SIZE);
    return s;
}

/* --- Exchange keys --- */

sw exchange_check_key(struct call *c, const struct key *key, struct domain *domain,
                      struct span *out_group)
{
    *out_group = (struct span){ 0 };
    if (!key_is_for_exchange(key))
        return SW_OK;
    if (!key_exchanges(key) || !key->in_domain)
        return CHOICE_EXCHANGE_KEY;
    if (!can_exchange(&key->spec))
        return CHOICE_GROUP_KEY;
    int r = domain_load(store_of(c), key->domain, domain);
    if (r)
        return call_status(c, r);
    *out_group = SPAN_OF(domain->group);
    return domain->has_group ? SW_OK : CHOICE_EXCHANGE_KEY;
}

/* --- The exchange --- */

static sw check_peer(struct call *c, const struct cvc_request *peer, const struct key_spec *own,
                     const struct domain *domain)
{
    if (!peer->inner.group.at)
        return CHOICE_NO_GROUP;
    if (!domain->has_group || !span_equal(peer->inner.group, SPAN_OF(domain->group)))
        return CHOICE_OTHER_GROUP;
    if (peer->inner.spec.curve != own->curve)
        return CHOICE_GROUP_KEY;
    return trust_check_request(c, peer);
}

static sw agree(struct call *c, const struct key_in_use *own, struct span peer, uint8_t domain_id,
                struct domain *domain)
{
    SCOPED_SECRET(bytes, POINT_SIZE);
    struct writer shared = WRITER_OF(bytes);
    int r = own->kind->agree(own->live, peer, &shared);
    if (!r)
        r = domain_exchange(store_of(c), domain_id, span_part(written(&shared), 1, KEK_SIZE),
                            domain);
    return call_status(c, r); /* check_peer() has checked the curve */
}

static sw read_peer(struct call *c, struct span bytes, struct cvc_request *out)
{
    struct reader in = reader_of(bytes);
    int r = sha256_of(bytes, c->record.digest);
    if (!r)
        r = cvc_read_request(&in, out);
    return call_judge(c, r, SW_WRONG_DATA);
}

sw exchange_run(struct call *c, uint8_t id, struct span request, struct domain *out_domain)
{
    struct cvc_request peer;
    struct key_in_use own;
    struct key key;
    sw s = key_use(c, id, PURPOSE_EXCHANGE, ALGORITHM_EXCHANGE, &own);
    if (sw_ok(s))
        s = read_peer(c, request, &peer);
    if (sw_ok(s))
        s = call_status(c, key_load(store_of(c), id, &key));
    if (sw_ok(s))
        s = call_status(c, domain_load(store_of(c), key.domain, out_domain));
    if (sw_ok(s))
        s = check_peer(c, &peer, own.spec, out_domain);
    return sw_ok(s) ? agree(c, &own, peer.inner.key.point, key.domain, out_domain) : s;
}
