/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/admin_record.h"

#include "formats/sw.h"

int admin_event(const struct power *power, enum audit_action action, uint32_t uid,
                struct audit_record *out)
{
    const struct env *env = &power->env;
    *out = (struct audit_record){
        .action = action,
        .role = AUDIT_ADMIN,
        .admin_uid = uid,
        .sw = STATUS_OK,
        .time_ms = env->time_ms(env->context),
        .ticks_us = env->ticks_us(env->context),
    };
    return env->random(env->context, out->random, sizeof out->random);
}

int admin_conclude(struct power *power, int r)
{
    if (!r)
        return store_commit(power->store, true);
    store_rollback(power->store);
    return r;
}

int admin_record(struct power *power, enum audit_action action, uint32_t uid, struct span digest)
{
    struct audit_record event;
    int r = admin_event(power, action, uid, &event);
    struct writer text = WRITER_OF(event.digest);
    write_span(&text, digest);
    if (!r)
        r = store_begin(power->store);
    if (r)
        return r;
    return admin_conclude(power, audit_append(power->store, &event));
}

int admin_record_reading(struct power *power, uint32_t uid)
{
    int r = admin_record(power, AUDIT_LOG_READ, uid, (struct span){ 0 });
    return r == STORE_FULL ? 0 : r;
}
