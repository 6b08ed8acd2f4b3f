/* SPDX-License-Identifier: Apache-2.0 */
/* Looks kinds of key up, and closes live keys of all kinds. */
#include <openssl/crypto.h>

#include "crypto/kinds.h"
#include "crypto/ossl_key.h"

static const struct key_kind *const kinds[] = {
#define X(kind) &kind,
    KEY_KINDS(X)
#undef X
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
    struct key_spec spec = { .bits = curve->bits, .curve = curve };
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i]->on_curves && kinds[i]->form == curve->form)
            spec.type = kinds[i]->type;
    return spec;
}

bool key_spec_is_known(const struct key_spec *spec)
{
    const struct key_kind *kind = key_kind_of(spec->type);
    return kind && (!kind->on_curves || (spec->curve && spec->curve->form == kind->form));
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
