/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/login.h"

#include "card-os/call.h"
#include "card-os/custodians.h"
#include "card-os/device.h"
#include "card-os/pin.h"
#include "card-os/staging.h"

static int both_needed(struct store *store, bool *out)
{
    uint16_t options = 0;
    int r = device_options(store, &options);
    *out = options & OPTION_COMBINED;
    return r == STORE_ABSENT ? 0 : r;
}

sw login_update(struct call *c)
{
    struct session *session = session_wanted(c);
    struct custody custody;
    bool both = false;
    session->user = false;
    int r = custody_load(c->card->env->store, &custody);
    if (!r && custody.total)
        r = both_needed(c->card->env->store, &both);
    if (r)
        return call_status(c, r);
    bool keys = custody_satisfied(c, &custody);
    bool bound = false;
    r = keys ? pin_binds_keys(c->card->env->store, &bound) : 0;
    if (r)
        return call_status(c, r);
    session->user = both ? session->pin && keys : session->pin || (keys && !bound);
    return SW_OK;
}
