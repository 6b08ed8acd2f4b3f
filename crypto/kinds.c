/* The list of kinds, and what all live keys have in common. */
#include <openssl/crypto.h>

#include "crypto/kinds.h"
#include "crypto/ossl.h"

static const struct key_kind *const kinds[] = {
    &kind_rsa,
    &kind_ec,
    &kind_aes,
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
