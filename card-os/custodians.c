/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/custodians.h"

#include <string.h>

#include "base/failure.h"
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/capacity.h"
#include "card-os/choices.h"
#include "card-os/device.h"
#include "card-os/staging.h"
#include "card-os/strict.h"
#include "card-os/trust.h"

#define REQUEST_MAX 2048 /* bytes; that of RSA-4096 takes half of it */

static struct store *store_of(const struct call *c)
{
    return c->card->env->store;
}

/* --- How many --- */

int custody_load(struct store *store, struct custody *out)
{
    return device_pair(store, DEVICE_CUSTODY, &out->total, &out->required);
}

int custody_set(struct store *store, struct custody custody)
{
    return device_set_pair(store, DEVICE_CUSTODY, custody.total, custody.required);
}

static uint8_t signed_count(const struct call *c)
{
    uint8_t count = 0;
    for (size_t i = 0; i < CUSTODIANS_MAX; i++)
        count = (uint8_t)(count + session_seen(c)->custodians[i]);
    return count;
}

bool custody_satisfied(const struct call *c, const struct custody *custody)
{
    return custody->total && signed_count(c) >= custody->required;
}

sw custody_write_status(struct call *c)
{
    struct custody custody;
    uint32_t places[1];
    size_t registered = 0;
    int r = custody_load(store_of(c), &custody);
    if (!r)
        r = store_list(store_of(c), OBJECT_CUSTODIAN, places, COUNT_OF(places), &registered);
    if (r)
        return call_status(c, r);
    write_u8(&c->out, custody.total);
    write_u8(&c->out, (uint8_t)(custody.total - registered));
    write_u8(&c->out, custody.required);
    write_u8(&c->out, signed_count(c));
    return SW_OK;
}

/* --- Who --- */

/* Reads a stored custodian; *out borrows from room. STORE_ABSENT. */
static int load(const struct call *c, unsigned place, struct writer *room, struct cvc *out)
{
    int r = store_get(store_of(c), OBJECT_CUSTODIAN, place, room);
    if (r)
        return r;
    struct reader in = reader_of(written(room));
    struct reader certificate = tlv_enter(&in, CVC_CERTIFICATE);
    r = cvc_read(&certificate, NULL, out);
    return r > 0 ? failure(FAULT_BROKEN, "custodian %u is stored in an unknown form", place) : r;
}

static bool same_key(const struct cvc *a, const struct cvc *b)
{
    return span_equal(a->key.point, b->key.point) && span_equal(a->key.modulus, b->key.modulus);
}

/* With a name or a key registered twice, one custodian could sign for two. */
static sw check_unique(struct call *c, int place, const struct cvc *wanted)
{
    uint32_t places[CUSTODIANS_MAX];
    size_t count = 0;
    int r = store_list(store_of(c), OBJECT_CUSTODIAN, places, COUNT_OF(places), &count);
    for (size_t i = 0; !r && i < count; i++) {
        uint8_t bytes[REQUEST_MAX];
        struct writer room = WRITER_OF(bytes);
        struct cvc there;
        if ((int)places[i] == place)
            continue;
        r = load(c, places[i], &room, &there);
        if (!r && (same_key(&there, wanted) || span_equal(there.chr, wanted->chr)))
            return SW_NOT_ALLOWED;
    }
    return call_status(c, r);
}

static sw find_free(struct call *c, const struct custody *custody, int *out)
{
    for (int place = 0; place < custody->total; place++) {
        int r = store_has(store_of(c), OBJECT_CUSTODIAN, (uint32_t)place);
        if (r == STORE_ABSENT) {
            *out = place;
            return SW_OK;
        }
        if (r)
            return call_status(c, r);
    }
    return SW_NO_SPACE;
}

static sw choose_place(struct call *c, int *place)
{
    struct custody custody;
    int r = custody_load(store_of(c), &custody);
    if (r)
        return call_status(c, r);
    if (*place < 0)
        return find_free(c, &custody, place);
    if (*place >= custody.total)
        return SW_WRONG_P1P2;
    return call_status(c, store_has(store_of(c), OBJECT_CUSTODIAN, (uint32_t)*place));
}

static int save(struct call *c, uint32_t place, struct span certificate)
{
    size_t before = 0;
    int r = store_size(store_of(c), OBJECT_CUSTODIAN, place, &before);
    if (!r || r == STORE_ABSENT)
        r = capacity_admit(c, before, certificate.size);
    return r ? r : store_put(store_of(c), OBJECT_CUSTODIAN, place, certificate);
}

sw custodian_register(struct call *c, int place, struct span bytes)
{
    struct reader in = reader_of(bytes);
    struct cvc_request request;
    int r = cvc_read_request(&in, &request);
    if (r == CVC_NO_KEY || (!r && request.certificate.size > REQUEST_MAX))
        return SW_WRONG_DATA;
    if (!r && request.inner.spec.type != KEY_RSA && request.inner.spec.type != KEY_EC)
        return SW_WRONG_DATA; /* the hardware takes no other kinds */
    if (!r && strict_forbids_key(c->card, &request.inner.spec))
        return SW_WRONG_DATA;
    if (!r)
        r = audit_key_name(&request.inner.key, c->record.key);
    if (r)
        return call_status(c, r);
    sw s = choose_place(c, &place);
    if (sw_ok(s))
        s = trust_check_request(c, &request);
    if (sw_ok(s))
        s = check_unique(c, place, &request.inner);
    if (sw_ok(s))
        s = call_status(c, save(c, (uint32_t)place, request.certificate));
    /* Whoever signed in from this place was the one before. */
    if (sw_ok(s))
        session_wanted(c)->custodians[place] = false;
    return s;
}

sw custodian_name(struct call *c, unsigned place)
{
    struct custody custody;
    uint8_t bytes[REQUEST_MAX];
    struct writer room = WRITER_OF(bytes);
    struct cvc custodian;
    int r = custody_load(store_of(c), &custody);
    if (!r && place >= custody.total)
        return SW_WRONG_P1P2;
    if (!r)
        r = load(c, place, &room, &custodian);
    if (r)
        return call_status(c, r);
    write_span(&c->out, custodian.chr);
    return session_seen(c)->custodians[place] ? SW_AUTHENTICATED : SW_OK;
}

/* --- Signing in --- */

/* After a refusal a custodian must be chosen again. */
static sw refuse_choice(struct call *c, sw s)
{
    session_losing(c)->custodian = NO_CUSTODIAN;
    return s;
}

sw custodian_choose(struct call *c, struct span name)
{
    uint32_t places[CUSTODIANS_MAX];
    size_t count = 0;
    int r = store_list(store_of(c), OBJECT_CUSTODIAN, places, COUNT_OF(places), &count);
    for (size_t i = 0; !r && i < count; i++) {
        uint8_t bytes[REQUEST_MAX];
        struct writer room = WRITER_OF(bytes);
        struct cvc custodian;
        r = load(c, places[i], &room, &custodian);
        if (r || !span_equal(custodian.chr, name))
            continue;
        if (session_seen(c)->custodians[places[i]])
            return refuse_choice(c, SW_NOT_ALLOWED);
        session_wanted(c)->custodian = (uint8_t)(places[i] + 1);
        return SW_OK;
    }
    return r ? call_status(c, r) : refuse_choice(c, SW_NOT_FOUND);
}

static int write_signed(const struct call *c, struct writer *out)
{
    const struct session *session = session_seen(c);
    int r = device_name(store_of(c), out);
    write_span(out, span_of(session->challenge, session->challenge_size));
    return r;
}

static sw check_signature(struct call *c, const struct cvc *custodian, struct span signature)
{
    uint8_t bytes[CVC_NAME_MAX + CHALLENGE_MAX];
    struct writer message = WRITER_OF(bytes);
    int r = write_signed(c, &message);
    if (!r)
        r = cvc_verify(&custodian->spec, &custodian->key, written(&message), signature);
    return result_is_of(r, RESULTS_CRYPTO) ? refuse_choice(c, SW_WRONG_SIGNATURE)
                                           : call_status(c, r);
}

sw custodian_authenticate(struct call *c, struct span signature)
{
    const struct session *session = session_seen(c);
    if (session->custodian == NO_CUSTODIAN || !session->challenge_size)
        return SW_NOT_ALLOWED;
    unsigned place = session->custodian - 1u;
    uint8_t bytes[REQUEST_MAX];
    struct writer room = WRITER_OF(bytes);
    struct cvc custodian;
    int r = load(c, place, &room, &custodian);
    if (!r)
        r = audit_key_name(&custodian.key, c->record.key);
    sw s = call_status(c, r);
    if (sw_ok(s))
        s = check_signature(c, &custodian, signature);
    if (!sw_ok(s))
        return s;
    session_wanted(c)->custodian = NO_CUSTODIAN;
    session_logging_in(c)->custodians[place] = true;
    return SW_OK;
}
