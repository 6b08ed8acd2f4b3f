/* The list of kinds, and functions that are the same for all live keys. */
#include <openssl/crypto.h>

#include "crypto/kinds.h"
#include "crypto/ossl_key.h"

static const struct key_kind *const kinds[] = {
    &kind_rsa, &kind_ec, &kind_aes, &kind_edwards, &kind_montgomery,
};

size_t key_kind_count(void)
{
    return COUNT_OF(kinds);
}

const struct key_kind *key_kind_at(size_t index)
{
    return index < COUNT_OF(kinds) ? kinds[index] : NULL;
}

const struct key_kind *key_kind_of(enum key_type type)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i]->type == type)
            return kinds[i];
    return NULL;
}

struct key_spec key_spec_on(const struct curve *curve)
{
    static const enum key_type types[] = {
        [CURVE_WEIERSTRASS] = KEY_EC,
        [CURVE_EDWARDS] = KEY_EDWARDS,
        [CURVE_MONTGOMERY] = KEY_MONTGOMERY,
    };
    return (struct key_spec){ .type = types[curve->form], .bits = curve->bits, .curve = curve };
}

struct scheme key_request_scheme(enum key_type type)
{
    return (struct scheme){
        type == KEY_RSA ? PADDING_PKCS1 : PADDING_NONE,
        type == KEY_EDWARDS ? DIGEST_NONE : DIGEST_SHA256,
    };
}

struct live_key *live_key_new(void)
{
    return OPENSSL_zalloc(sizeof(struct live_key));
}

void live_key_close(struct live_key **key)
{
    struct live_key *old = *key;
    *key = NULL;
    if (!old)
        return;
    EVP_PKEY_CTX_free(old->sign.context);
    EVP_PKEY_CTX_free(old->decipher.context);
    EVP_PKEY_free(old->pkey);
    BN_clear_free(old->scalar);
    OPENSSL_clear_free(old, sizeof *old);
}
