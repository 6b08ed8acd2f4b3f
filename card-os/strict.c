/* SPDX-License-Identifier: Apache-2.0 */
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

int strict_power_on(struct card *card, struct store *store)
{
    return strict_load(store, &card->strict);
}

bool strict_is_on(const struct card *card)
{
    return card->strict;
}

/* --- What it forbids --- */

/* All that a strict card does without. An extension that has no line here stays. */
static const char *const forbidden[EXTENSIONS] = {
    [EXTENSION_COMMANDS] = "commands that no hardware has: `extension` in the table above",
    [EXTENSION_CLEARED_PIN] = "CLEAR SESSION PIN",
    [EXTENSION_LOG_FILES] = "the log as files D000 to DFFF",
    [EXTENSION_LONG_RSA] = "RSA keys of more than 4096 bits",
    [EXTENSION_RAW_CURVES] = "keys on Edwards and Montgomery curves",
    [EXTENSION_SIGN_AGAIN] = "a second try at a P-521 signature that OpenSC 0.23.0 misreads",
};

bool strict_forbids(const struct card *card, enum extension extension)
{
    return card->strict && forbidden[extension];
}

bool strict_forbids_key(const struct card *card, const struct key_spec *spec)
{
    if (spec->curve)
        return spec->curve->form != CURVE_WEIERSTRASS && strict_forbids(card, EXTENSION_RAW_CURVES);
    return spec->bits > HARDWARE_RSA_BITS && strict_forbids(card, EXTENSION_LONG_RSA);
}

const char *strict_extension_text(enum extension extension)
{
    return forbidden[extension];
}
