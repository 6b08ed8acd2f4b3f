#include "card-os/strict.h"

#include "card-os/device_objects.h"
#include "card-os/event.h"
#include "formats/sw.h"
#include "storage/audit.h"

#define HARDWARE_RSA_BITS 4096

int strict_load(struct store *store, bool *out)
{
    int r = store_has(store, OBJECT_DEVICE, DEVICE_STRICT);
    if (r && r != STORE_ABSENT)
        return r;
    *out = r == 0;
    return 0;
}

bool strict_possible(const struct store *store)
{
    return audit_policy(store).forced == AUDIT_FORCED_OFF;
}

static int put(const struct env *env, bool on, uint32_t uid)
{
    struct audit_record event = { .action = on ? AUDIT_STRICT_ON : AUDIT_STRICT_OFF,
                                  .role = AUDIT_ADMIN,
                                  .admin_uid = uid,
                                  .sw = STATUS_OK };
    int r = on ? store_put(env->store, OBJECT_DEVICE, DEVICE_STRICT, (struct span){ 0 })
               : store_delete(env->store, OBJECT_DEVICE, DEVICE_STRICT);
    return r ? r : event_append(env, &event);
}

int strict_set(const struct env *env, bool on, uint32_t uid)
{
    bool now;
    int r = strict_load(env->store, &now);
    if (r || now == on)
        return r;
    if (on && !strict_possible(env->store))
        return STRICT_FORCED;
    r = store_begin(env->store);
    if (!r)
        r = put(env, on, uid);
    if (!r)
        return store_commit(env->store, true);
    store_rollback(env->store);
    return r;
}

bool strict_forbids_key(const struct card *card, const struct key_spec *spec)
{
    bool extension =
        spec->curve ? spec->curve->form != CURVE_WEIERSTRASS : spec->bits > HARDWARE_RSA_BITS;
    return card->strict && extension;
}
