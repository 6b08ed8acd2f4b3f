#include "card-os/event.h"

#include "formats/sw.h"
#include "storage/audit.h"

int event_append(const struct env *env, struct audit_record *record)
{
    record->time_ms = env->time_ms(env->context);
    record->ticks_us = env->ticks_us(env->context);
    record->count = 1;
    int r = env->random(env->context, record->random, sizeof record->random);
    return r ? r : audit_append(env->store, record);
}

int event_append_own(const struct env *env, enum audit_action action)
{
    struct audit_record record = { .action = action, .role = AUDIT_SYSTEM, .sw = STATUS_OK };
    return event_append(env, &record);
}
