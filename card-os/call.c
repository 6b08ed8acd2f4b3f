/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/call.h"

#include "base/failure.h"
#include "card-os/capacity.h"
#include "card-os/staging.h"

struct reader call_data(const struct call *c)
{
    return reader_of(c->apdu.data);
}

int call_begin(struct call *c)
{
    return store_enter(c->card->env->store);
}

uint16_t call_file(const struct call *c)
{
    uint16_t named = (uint16_t)(c->apdu.p1 << 8 | c->apdu.p2);
    return named ? named : session_seen(c)->current_file;
}

static bool go_on(void *context)
{
    const struct env *env = context;
    return !env->cancelled(env->context);
}

struct patience call_patience(const struct call *c)
{
    return (struct patience){ go_on, (void *)(uintptr_t)c->card->env };
}

void call_about_file(struct call *c, uint16_t file)
{
    c->record.object = file;
}

sw call_status(struct call *c, int result)
{
    if (result < 0)
        c->fault = result;
    switch (result) {
    case 0:
        return SW_OK;
    case STORE_ABSENT:
        return SW_NOT_FOUND;
    case STORE_FULL:
        c->fault = failure(FAULT_DISK, "no space is left for the store");
        return SW_NO_SPACE;
    case CARD_FULL:
        return SW_NO_SPACE;
    case FAULT_STOPPED:
        return SW_STOPPED;
    case FAULT_MEMORY:
    case FAULT_DISK:
        return SW_MEMORY_FAILURE;
    case FAULT_BROKEN:
        c->broken = true;
        return SW_BROKEN;
    case FAULT_LIBRARY:
        return SW_BROKEN;
    default: /* a positive result that the caller should have handled */
        c->fault = failure(FAULT_LIBRARY, "unexpected result %d", result);
        return SW_BROKEN;
    }
}

static bool blames_input(int result)
{
    static const enum result_band bands[] = { RESULTS_CRYPTO, RESULTS_CVC, RESULTS_KEY_BLOB };
    for (size_t i = 0; i < COUNT_OF(bands); i++)
        if (result_is_of(result, bands[i]))
            return true;
    return false;
}

sw call_judge(struct call *c, int result, sw refusal)
{
    return blames_input(result) ? refusal : call_status(c, result);
}
