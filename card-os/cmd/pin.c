/* SPDX-License-Identifier: Apache-2.0 */
/* VERIFY logs in, or asks for the state (protocol.md 3.1). CHANGE REFERENCE DATA and RESET RETRY
 * COUNTER (3.2, 3.3) do not log in; when they succeed they do not log out either. Session PINs
 * (3.6). */
#include "card-os/call.h"
#include "card-os/pin.h"

#include "card-os/binding.h"
#include "card-os/cmd/cmd.h"
#include "card-os/login.h"
#include "card-os/session_pin.h"
#include "card-os/staging.h"

/* The user PIN was right. */
static sw log_in(struct call *c)
{
    int r = binding_keep(c);
    if (r)
        return call_status(c, r);
    session_logging_in(c)->pin = true;
    return login_update(c);
}

/* A PIN that was wrong, or that does not exist, logs out. After a fault of the machine nothing is
 * known about the PIN, and the login stays. */
static sw log_out(struct call *c, sw refusal)
{
    if (c->fault)
        return refusal;
    session_losing(c)->pin = false;
    (void)login_update(c); /* when it fails, the user is logged out */
    return refusal;
}

sw cmd_verify_user(struct call *c)
{
    sw s = pin_log_in(c, c->apdu.data);
    return sw_ok(s) ? log_in(c) : log_out(c, s);
}

static sw officer_verified(struct call *c, sw s, bool logs_in)
{
    if (c->fault)
        return s;
    if (!sw_ok(s))
        session_losing(c)->officer = false;
    else if (logs_in)
        session_logging_in(c)->officer = true;
    return s;
}

sw cmd_verify_officer(struct call *c)
{
    sw s = pin_verify(c, PIN_OFFICER, c->apdu.data);
    return officer_verified(c, s, true);
}

sw cmd_user_status(struct call *c)
{
    return pin_status(c, PIN_USER);
}

sw cmd_officer_status(struct call *c)
{
    return pin_status(c, PIN_OFFICER);
}

/* --- Changing --- */

/* A refusal logs out, as VERIFY does: a wrong old PIN is a wrong guess. */
sw cmd_change_user(struct call *c)
{
    sw s = pin_change(c, PIN_USER, c->apdu.data);
    return sw_ok(s) ? s : log_out(c, s);
}

sw cmd_change_officer(struct call *c)
{
    sw s = pin_change(c, PIN_OFFICER, c->apdu.data);
    return officer_verified(c, s, false);
}

/* The data is the SO-PIN and a new user PIN. */
sw cmd_reset_pin(struct call *c)
{
    struct reader in = call_data(c);
    sw s = pin_verify(c, PIN_OFFICER, read_span(&in, OFFICER_PIN_SIZE));
    return sw_ok(s) ? call_status(c, pin_replace(c, PIN_USER, read_rest(&in))) : s;
}

/* The data is the SO-PIN; the user PIN stays. */
sw cmd_reset_counter(struct call *c)
{
    sw s = pin_verify(c, PIN_OFFICER, c->apdu.data);
    return sw_ok(s) ? call_status(c, pin_refund(c, PIN_USER)) : s;
}

/* The SO has logged in; the data is a new user PIN. Refused where keys are bound to the PIN: the
 * binding key can be wrapped for the new PIN only with the SO-PIN in the data. */
sw cmd_reset_pin_by_officer(struct call *c)
{
    bool bound = false;
    int r = pin_binds_keys(c->card->env->store, &bound);
    if (!r && bound)
        return SW_NOT_ALLOWED;
    return call_status(c, r ? r : pin_replace(c, PIN_USER, c->apdu.data));
}

sw cmd_reset_counter_by_officer(struct call *c)
{
    return call_status(c, pin_refund(c, PIN_USER));
}

/* --- Session PINs --- */

sw cmd_make_session_pin(struct call *c)
{
    return call_status(c, session_pin_make(c, &c->out));
}

sw cmd_clear_session_pin(struct call *c)
{
    held_drop(c, HELD_SESSION_PIN);
    return SW_OK;
}
