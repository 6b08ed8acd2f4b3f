/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/roots.h"

#include "base/failure.h"
#include "card-os/authority.h"
#include "card-os/device.h"
#include "card-os/event.h"
#include "formats/sw.h"
#include "storage/audit.h"

const char *roots_text(int result)
{
    switch (result) {
    case ROOTS_NO_ROOT:
        return "that is not the certificate of a root";
    case ROOTS_BROKEN:
        return "that root's signature of itself does not verify";
    case ROOTS_OUTDATED:
        return "that root is not valid today";
    case ROOTS_KNOWN:
        return "a root of this name is trusted already";
    case ROOTS_TOO_MANY:
        return "there are too many trusted roots; remove one";
    case ROOTS_UNKNOWN:
        return "there is no such root among those that were put there";
    case ROOTS_UNHEARD:
        return "the log has to be acknowledged first";
    case STORE_FULL:
        return "no space is left for the store";
    default:
        return "this store has no root";
    }
}

/* --- Looking --- */

struct places {
    uint32_t at[ROOTS_MAX];
    size_t count;
};

static int list(struct store *store, struct places *out)
{
    int r = store_list(store, OBJECT_TRUST, out->at, COUNT_OF(out->at), &out->count);
    if (!r && out->count > COUNT_OF(out->at))
        return failure(FAULT_BROKEN, "the store has %zu foreign roots", out->count);
    return r;
}

int roots_own(struct store *store, struct writer *out)
{
    return store_get(store, OBJECT_DEVICE, DEVICE_ROOT_CERTIFICATE, out);
}

int roots_each(struct store *store, void (*each)(void *context, struct span certificate),
               void *context)
{
    struct places places;
    int r = list(store, &places);
    for (size_t i = 0; !r && i < places.count; i++) {
        uint8_t bytes[DEVICE_CHAIN_MAX];
        struct writer certificate = WRITER_OF(bytes);
        r = store_get(store, OBJECT_TRUST, places.at[i], &certificate);
        if (!r)
            each(context, written(&certificate));
    }
    return r;
}

/* Gives the place of the root with this name. ROOTS_UNKNOWN. */
static int find(struct store *store, struct span name, uint32_t *out)
{
    struct places places;
    int r = list(store, &places);
    for (size_t i = 0; !r && i < places.count; i++) {
        uint8_t bytes[DEVICE_CHAIN_MAX];
        struct writer certificate = WRITER_OF(bytes);
        r = store_get(store, OBJECT_TRUST, places.at[i], &certificate);
        if (!r && span_equal(cvc_holder(written(&certificate)), name)) {
            *out = places.at[i];
            return 0;
        }
    }
    return r ? r : ROOTS_UNKNOWN;
}

/* 0 if the root of this device has this name, else ROOTS_UNKNOWN. */
static int find_own(struct store *store, struct span name)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer own = WRITER_OF(bytes);
    int r = roots_own(store, &own);
    if (r == STORE_ABSENT || (!r && !span_equal(cvc_holder(written(&own)), name)))
        return ROOTS_UNKNOWN;
    return r;
}

/* Gives the lowest place that is free. ROOTS_TOO_MANY. */
static int free_place(struct store *store, uint32_t *out)
{
    struct places places;
    int r = list(store, &places);
    if (!r && places.count == ROOTS_MAX)
        return ROOTS_TOO_MANY;
    uint32_t place = 0;
    for (size_t i = 0; !r && i < places.count; i++)
        if (places.at[i] == place) {
            place++;
            i = (size_t)-1; /* start again: places are not sorted */
        }
    *out = place;
    return r;
}

/* --- Changing --- */

static int check(const struct env *env, struct span certificate)
{
    struct cvc root;
    int r = certificate.size > AUTHORITY_CERTIFICATE_MAX ? AUTHORITY_MALFORMED
                                                         : authority_read_root(certificate, &root);
    if (r)
        return r < 0 ? r : r == AUTHORITY_BROKEN ? ROOTS_BROKEN : ROOTS_NO_ROOT;
    if (!cvc_is_valid(root.dates, cvc_day(env->time_ms(env->context))))
        return ROOTS_OUTDATED;
    uint32_t unused;
    r = find(env->store, root.chr, &unused);
    if (r == ROOTS_UNKNOWN)
        r = find_own(env->store, root.chr);
    return r == ROOTS_UNKNOWN ? 0 : r ? r : ROOTS_KNOWN;
}

/* Appends a record whose digest is that of the certificate. */
static int record(const struct env *env, enum audit_action action, uint32_t uid,
                  struct span certificate)
{
    struct audit_record event = {
        .action = action, .role = AUDIT_ADMIN, .admin_uid = uid, .sw = STATUS_OK
    };
    int r = sha256_of(certificate, event.digest);
    return r ? r : event_append(env, &event);
}

static int begin(const struct env *env, enum audit_action action)
{
    return audit_exhausted(env->store, action) ? ROOTS_UNHEARD : store_begin(env->store);
}

static int conclude(const struct env *env, int r)
{
    if (!r)
        return store_commit(env->store, true);
    store_rollback(env->store);
    return r;
}

int roots_add(const struct env *env, struct span certificate, uint32_t uid)
{
    uint32_t place;
    int r = check(env, certificate);
    if (!r)
        r = free_place(env->store, &place);
    if (!r)
        r = begin(env, AUDIT_ROOT_TRUSTED);
    if (r)
        return r;
    r = store_put(env->store, OBJECT_TRUST, place, certificate);
    return conclude(env, r ? r : record(env, AUDIT_ROOT_TRUSTED, uid, certificate));
}

int roots_remove(const struct env *env, struct span name, uint32_t uid)
{
    uint32_t place;
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer certificate = WRITER_OF(bytes);
    int r = find(env->store, name, &place);
    if (!r)
        r = store_get(env->store, OBJECT_TRUST, place, &certificate);
    if (!r)
        r = begin(env, AUDIT_ROOT_REMOVED);
    if (r)
        return r;
    r = store_delete(env->store, OBJECT_TRUST, place);
    return conclude(env, r ? r : record(env, AUDIT_ROOT_REMOVED, uid, written(&certificate)));
}
