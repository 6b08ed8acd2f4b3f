/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/trust.h"

#include <string.h>

#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/device.h"
#include "card-os/files.h"
#include "card-os/roots.h"
#include "card-os/staging.h"

struct key_spec holder_spec(const struct holder *holder)
{
    const struct curve *curve = curve_by_id(holder->curve);
    return (struct key_spec){ .type = KEY_EC, .bits = curve->bits, .curve = curve };
}

struct public_part holder_key(const struct holder *holder)
{
    return (struct public_part){ .point = span_of(holder->point, holder->point_size) };
}

static bool is_called(const struct holder *holder, struct span name)
{
    return span_equal(span_of(holder->name, holder->name_size), name);
}

/* False for what cannot sign certificates: a request, or a key of another type than EC. */
static bool make_holder(const struct cvc *cvc, struct holder *out)
{
    if (!cvc->authorised || cvc->spec.type != KEY_EC)
        return false;
    struct holder holder = { .role = (uint8_t)cvc->role,
                             .curve = cvc->spec.curve->id,
                             .dates = cvc->dates };
    struct writer name = WRITER_OF(holder.name);
    struct writer point = WRITER_OF(holder.point);
    write_span(&name, cvc->chr);
    write_span(&point, cvc->key.point);
    holder.name_size = (uint8_t)name.size;
    holder.point_size = (uint8_t)point.size;
    *out = holder; /* cvc_read() admits no longer name or point */
    return true;
}

static bool is_valid(const struct call *c, const struct holder *holder)
{
    const struct env *env = c->card->env;
    return cvc_is_valid(holder->dates, cvc_day(env->time_ms(env->context)));
}

/* A holder vouches only on days on which its issuer does. */
static void limit_dates(struct holder *holder, const struct holder *issuer)
{
    holder->dates = cvc_common_dates(holder->dates, issuer->dates);
}

/* --- Certificates in the store: verified when they came there, dated when they are used --- */

/* Reads the next certificate of a key that can sign certificates; passes over others. STORE_ABSENT:
 * there is none. */
static int next_holder(struct reader *in, const struct curve **curve, struct holder *out)
{
    while (tlv_is_next(in, CVC_CERTIFICATE)) {
        struct cvc cvc;
        struct reader certificate = tlv_enter(in, CVC_CERTIFICATE);
        int r = cvc_read(&certificate, *curve, &cvc);
        if (r < 0)
            return r;
        if (r || !make_holder(&cvc, out))
            continue;
        *curve = cvc.spec.curve;
        return 0;
    }
    return STORE_ABSENT;
}

/* Finds a holder by name (name.at NULL: the first one) in an object that holds a chain of
 * certificates, each signed by the holder of the next. A certificate that does not state its curve
 * is on that of the one read before; *curve: for the first one, and afterwards that of the last one
 * read. */
static int find_stored(const struct call *c, enum object_type type, uint32_t id, struct span name,
                       const struct curve **curve, struct holder *out)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer stored = WRITER_OF(bytes);
    bool found = false;
    int r = store_get(c->card->env->store, type, id, &stored);
    struct reader in = reader_of(written(&stored));
    while (!r) {
        struct holder next;
        r = next_holder(&in, curve, &next);
        if (!r && found)
            limit_dates(out, &next);
        if (r || found || (name.at && !is_called(&next, name)))
            continue;
        *out = next;
        found = true;
    }
    return r == STORE_ABSENT && found ? 0 : r;
}

static int find_foreign_root(const struct call *c, struct span name, struct holder *out)
{
    uint32_t ids[ROOTS_MAX];
    size_t count = 0;
    int r = store_list(c->card->env->store, OBJECT_TRUST, ids, COUNT_OF(ids), &count);
    for (size_t i = 0; !r && i < count && i < COUNT_OF(ids); i++) {
        const struct curve *curve = NULL;
        r = find_stored(c, OBJECT_TRUST, ids[i], name, &curve, out);
        if (r != STORE_ABSENT)
            return r;
        r = 0;
    }
    return r ? r : STORE_ABSENT;
}

/* Finds a name in the chain of this device: root, issuer, device. */
static int find_own(const struct call *c, struct span name, struct holder *out)
{
    const struct curve *curve = NULL;
    struct holder root;
    int absent =
        find_stored(c, OBJECT_DEVICE, DEVICE_ROOT_CERTIFICATE, (struct span){ 0 }, &curve, &root);
    if (absent && absent != STORE_ABSENT)
        return absent;
    if (!absent && is_called(&root, name)) {
        *out = root;
        return 0;
    }
    int r = find_stored(c, OBJECT_FILE, FILE_DEVICE_CERTIFICATES, name, &curve, out);
    if (!r && !absent)
        limit_dates(out, &root);
    return r;
}

static int find(const struct call *c, struct span name, struct holder *out)
{
    const struct session *session = session_seen(c);
    for (size_t i = 0; i < session->holder_count; i++)
        if (is_called(&session->holders[i], name)) {
            *out = session->holders[i];
            return 0;
        }
    int r = find_own(c, name, out);
    return r == STORE_ABSENT ? find_foreign_root(c, name, out) : r;
}

/* A holder is no longer believed once its certificate, or one above it, has expired. */
int trust_find(const struct call *c, struct span name, struct holder *out)
{
    int r = find(c, name, out);
    return !r && !is_valid(c, out) ? STORE_ABSENT : r;
}

int trust_own_device(const struct call *c, struct holder *out)
{
    uint8_t bytes[CVC_NAME_MAX];
    struct writer name = WRITER_OF(bytes);
    int r = device_name(c->card->env->store, &name);
    if (!r)
        r = find_own(c, written(&name), out);
    return r == STORE_ABSENT ? failure(FAULT_BROKEN, "the device has no certificate") : r;
}

/* --- Certificates that a host brings --- */

/* A root signs certificates of issuers, an issuer those of devices. */
static bool may_vouch(const struct holder *issuer, const struct cvc *cvc)
{
    return (issuer->role == CVC_ROOT && cvc->role == CVC_ISSUER) ||
           (issuer->role == CVC_ISSUER && cvc->role == CVC_DEVICE);
}

static sw verify(struct call *c, const struct cvc *cvc, const struct holder *holder,
                 const struct holder *issuer)
{
    const struct key_spec spec = holder_spec(issuer);
    const struct public_part key = holder_key(issuer);
    if (!is_called(issuer, cvc->car) || !may_vouch(issuer, cvc) || !is_valid(c, holder))
        return CHOICE_BAD_CERTIFICATE;
    int r = cvc_verify(&spec, &key, cvc->body, cvc->signature);
    return call_judge(c, r, CHOICE_BAD_CERTIFICATE);
}

/* When there is no room the oldest is forgotten: a chain needs two. */
static void remember(struct session *session, const struct holder *holder)
{
    if (session->holder_count == HOLDERS_MAX) {
        memmove(session->holders, session->holders + 1,
                (HOLDERS_MAX - 1) * sizeof *session->holders);
        session->holder_count--;
    }
    session->holders[session->holder_count++] = *holder;
}

sw trust_import(struct call *c, struct reader *certificate)
{
    const struct session *session = session_seen(c);
    if (!session->chosen.name_size)
        return SW_NOT_FOUND;
    struct cvc cvc;
    struct holder holder;
    int r = cvc_read(certificate, holder_spec(&session->chosen).curve, &cvc);
    if (r)
        return call_judge(c, r, SW_WRONG_DATA);
    if (!read_finished(certificate) || !make_holder(&cvc, &holder))
        return SW_WRONG_DATA;
    limit_dates(&holder, &session->chosen);
    sw s = verify(c, &cvc, &holder, &session->chosen);
    if (sw_ok(s))
        remember(session_wanted(c), &holder);
    return s;
}

/* The inner signature, by the key itself, shows that the maker of the request holds the key; the
 * outer one, by a device key, that it is in that device. */
sw trust_check_request(struct call *c, const struct cvc_request *request)
{
    struct holder device;
    int r = trust_find(c, request->car, &device);
    if (r)
        return call_status(c, r);
    if (device.role != CVC_DEVICE)
        return CHOICE_BAD_CERTIFICATE;
    const struct key_spec spec = holder_spec(&device);
    const struct public_part key = holder_key(&device);
    const struct cvc *inner = &request->inner;
    r = cvc_verify(&spec, &key, request->signed_part, request->signature);
    if (!r)
        r = cvc_verify(&inner->spec, &inner->key, inner->body, inner->signature);
    return call_judge(c, r, CHOICE_BAD_CERTIFICATE);
}
