/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/event.h"

#include "formats/sw.h"
#include "storage/audit.h"

static int fill_in(const struct env *env, struct audit_record *record)
{
    record->time_ms = env->time_ms(env->context);
    record->ticks_us = env->ticks_us(env->context);
    record->count = 1;
    return env->random(env->context, record->random, sizeof record->random);
}

int event_append(const struct env *env, struct audit_record *record)
{
    int r = fill_in(env, record);
    return r ? r : audit_append(env->store, record);
}

int event_begin_epoch(const struct env *env, const struct audit_record *record)
{
    struct audit_record event = *record;
    int r = fill_in(env, &event);
    return r ? r : audit_begin_epoch(env->store, &event);
}

int event_append_own(const struct env *env, enum audit_action action)
{
    struct audit_record record = { .action = action, .role = AUDIT_SYSTEM, .sw = STATUS_OK };
    /* The record names the program that was started. */
    int r = action == AUDIT_POWER_ON && env->build.size ? sha256_of(env->build, record.digest) : 0;
    return r ? r : event_append(env, &record);
}
