/* VERIFY: log in, or ask for the state (protocol.md 3.1). CHANGE REFERENCE DATA and RESET RETRY
 * COUNTER (3.2, 3.3) neither log in nor, when they succeed, out. */
#include "card-os/pin.h"

#include "card-os/binding.h"
#include "card-os/cmd/cmd.h"
#include "card-os/login.h"
#include "card-os/session_pin.h"

/* The session after the user PIN was right (s is 9000) or not. */
static sw user_verified(struct call *c, sw s)
{
    binding_forget(c->card);
    if (sw_ok(s) && c->bound)
        s = call_status(c, binding_keep(c->card, c->binding));
    c->card->session.pin = sw_ok(s);
    sw updated = login_update(c);
    return sw_ok(s) ? updated : s;
}

sw cmd_verify_user(struct call *c)
{
    return user_verified(c, pin_log_in(c, c->apdu.data));
}

sw cmd_verify_officer(struct call *c)
{
    sw s = pin_verify(c, PIN_OFFICER, c->apdu.data);
    c->card->session.officer = sw_ok(s);
    return s;
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

/* Whatever goes wrong logs out, as in VERIFY: a wrong old PIN is a wrong guess. */
sw cmd_change_user(struct call *c)
{
    sw s = pin_change(c, PIN_USER, c->apdu.data);
    return sw_ok(s) ? s : user_verified(c, s);
}

sw cmd_change_officer(struct call *c)
{
    sw s = pin_change(c, PIN_OFFICER, c->apdu.data);
    c->card->session.officer &= sw_ok(s);
    return s;
}

/* SO-PIN, new user PIN. */
sw cmd_reset_pin(struct call *c)
{
    struct reader in = call_data(c);
    sw s = pin_verify(c, PIN_OFFICER, read_span(&in, OFFICER_PIN_SIZE));
    return sw_ok(s) ? call_status(c, pin_replace(c, PIN_USER, read_rest(&in))) : s;
}

/* SO-PIN alone: the user PIN stays. */
sw cmd_reset_counter(struct call *c)
{
    sw s = pin_verify(c, PIN_OFFICER, c->apdu.data);
    return sw_ok(s) ? call_status(c, pin_refund(c, PIN_USER)) : s;
}

/* The SO has logged in: new user PIN. Where keys are bound to the PIN, the SO-PIN itself is needed
 * to wrap them for the new one. */
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
    session_pin_forget(c->card);
    return SW_OK;
}
