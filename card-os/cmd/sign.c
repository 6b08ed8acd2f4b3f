/* SIGN and DECIPHER: one private-key operation (protocol.md section 7). */
#include "card-os/cmd/cmd.h"
#include "card-os/keys.h"

static sw operation_status(struct call *c, int result)
{
    return result == CRYPTO_BAD_INPUT || result == CRYPTO_UNSUPPORTED ? SW_WRONG_DATA
                                                                      : call_status(c, result);
}

sw cmd_sign(struct call *c)
{
    struct key_in_use key;
    sw s = key_use(c, c->apdu.p1, PURPOSE_SIGN, c->apdu.p2, &key);
    if (!sw_ok(s))
        return s;
    /* What was signed is public with the signature, so the log may name it. */
    int r = sha256_of(c->apdu.data, c->record.digest);
    if (!r)
        r = key.kind->sign(key.live, key.scheme, c->apdu.data, &c->out);
    return operation_status(c, r);
}

sw cmd_decipher(struct call *c)
{
    struct key_in_use key;
    sw s = key_use(c, c->apdu.p1, PURPOSE_DECIPHER, c->apdu.p2, &key);
    if (!sw_ok(s))
        return s;
    return operation_status(c, key.kind->decipher(key.live, key.scheme, c->apdu.data, &c->out));
}
