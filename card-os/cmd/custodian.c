/* SPDX-License-Identifier: Apache-2.0 */
/* Public-key authentication and the certificates it needs: protocol.md sections 10 and 11.1. */
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/cmd/cmd.h"
#include "card-os/custodians.h"
#include "card-os/login.h"
#include "card-os/staging.h"
#include "card-os/trust.h"

/* The name in a key reference, DO 83. */
static bool read_reference(const struct call *c, struct span *out)
{
    struct reader in = call_data(c);
    *out = tlv_expect(&in, 0x83);
    return read_finished(&in) && out->size && out->size <= CVC_NAME_MAX;
}

sw cmd_choose_issuer(struct call *c)
{
    struct span name;
    struct holder found = { 0 };
    if (!read_reference(c, &name))
        return SW_WRONG_DATA;
    sw s = call_status(c, trust_find(c, name, &found));
    if (sw_ok(s))
        session_wanted(c)->chosen = found;
    else if (!c->fault)
        session_losing(c)->chosen = (struct holder){ 0 };
    return s;
}

/* The data is a certificate with or without its header 7F21: hosts send both. */
sw cmd_verify_certificate(struct call *c)
{
    struct reader in = call_data(c);
    int r = sha256_of(c->apdu.data, c->record.digest);
    if (r)
        return call_status(c, r);
    if (!tlv_is_next(&in, CVC_CERTIFICATE))
        return trust_import(c, &in);
    struct reader certificate = tlv_enter(&in, CVC_CERTIFICATE);
    return read_finished(&in) ? trust_import(c, &certificate) : SW_WRONG_DATA;
}

sw cmd_choose_custodian(struct call *c)
{
    struct span name;
    return read_reference(c, &name) ? custodian_choose(c, name) : SW_WRONG_DATA;
}

sw cmd_external_authenticate(struct call *c)
{
    sw s = custodian_authenticate(c, c->apdu.data);
    return sw_ok(s) ? login_update(c) : s;
}

sw cmd_custody_status(struct call *c)
{
    return custody_write_status(c);
}

/* Register and replace answer with the state, as the query does. */
sw cmd_register_custodian(struct call *c)
{
    sw s = custodian_register(c, -1, c->apdu.data);
    return sw_ok(s) ? custody_write_status(c) : s;
}

sw cmd_replace_custodian(struct call *c)
{
    sw s = custodian_register(c, c->apdu.p2, c->apdu.data);
    return sw_ok(s) ? custody_write_status(c) : s;
}

sw cmd_custodian_name(struct call *c)
{
    return custodian_name(c, c->apdu.p2);
}
