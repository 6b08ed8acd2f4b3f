/* SPDX-License-Identifier: Apache-2.0 */
/* SIGN and DECIPHER: one use of a private key (protocol.md section 7). */
#include "card-os/call.h"
#include "card-os/cmd/cmd.h"
#include "card-os/keys.h"
#include "card-os/strict.h"

static sw operation_status(struct call *c, int result)
{
    return result == CRYPTO_BAD_INPUT || result == CRYPTO_UNSUPPORTED ? SW_WRONG_DATA
                                                                      : call_status(c, result);
}

/* Whether OpenSC 0.23.0 would misread a signature. It computes the size of the field from the
 * length of the signature, and takes a short one on P-521, one in sixteen, for one on a field of 64
 * bytes (protocol.md 7.2). */
static bool misread(const struct key_spec *spec, size_t signature_size)
{
    return spec->bits == 521 && signature_size <= 137;
}

/* Signs; unless `once`, again until OpenSC can read the signature. That is still one use and one
 * record. */
static int sign(const struct key_in_use *key, bool once, struct span input, struct writer *out)
{
    int r;
    do {
        write_trim(out, 0);
        r = key->kind->sign(key->live, key->scheme, input, out);
    } while (!r && !once && misread(key->spec, out->size));
    return r;
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
        r = sign(&key, strict_forbids(c->card, EXTENSION_SIGN_AGAIN), c->apdu.data, &c->out);
    return operation_status(c, r);
}

/* With a kind of key that can agree, DECIPHER is key agreement, and the data is the peer's
 * point. */
static int decipher(const struct key_in_use *key, struct span input, struct writer *out)
{
    if (key->kind->agree)
        return key->kind->agree(key->live, input, out);
    return key->kind->decipher(key->live, key->scheme, input, out);
}

sw cmd_decipher(struct call *c)
{
    struct key_in_use key;
    sw s = key_use(c, c->apdu.p1, PURPOSE_DECIPHER, c->apdu.p2, &key);
    if (!sw_ok(s))
        return s;
    s = operation_status(c, decipher(&key, c->apdu.data, &c->out));
    /* A refused block still tells something about the key, so its use counts. */
    return s.value == STATUS_WRONG_DATA ? key_failed(c, c->apdu.p1, s) : s;
}
