/* VERIFY: log in, or ask for the state (protocol.md 3.1). */
#include "card-os/pin.h"

#include "card-os/cmd/cmd.h"

sw cmd_verify_user(struct call *c)
{
    c->card->session.user = false;
    sw s = pin_verify(c, PIN_USER, c->apdu.data);
    c->card->session.user = sw_ok(s);
    return s;
}

sw cmd_verify_officer(struct call *c)
{
    c->card->session.officer = false;
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
