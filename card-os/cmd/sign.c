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

/* OpenSC 0.23.0 takes the field's size from the signature's length, and one on P-521 that is this
 * short, one in sixteen, for one of 64 bytes (protocol.md 7.2). */
static bool misread(const struct key_spec *spec, size_t signature_size)
{
    return spec->bits == 521 && signature_size <= 137;
}

/* Signs again until hosts can read it, unless strict: still one use and one record. */
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

/* DECIPHER with a key of a kind that agrees is the agreement: the data is the peer's point. */
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
    /* A block that does not decipher tells something about the key's work on it. */
    return s.value == STATUS_WRONG_DATA ? key_failed(c, c->apdu.p1, s) : s;
}
