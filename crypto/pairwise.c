/* SPDX-License-Identifier: Apache-2.0 */
/* The pairwise consistency test (crypto.h), written with the functions of the kinds. */
#include "crypto/crypto.h"

#include "base/failure.h"
#include "crypto/curve_parameters.h"

struct pair {
    const struct key_kind *kind;
    const struct key_spec *spec;
    struct public_part public_part;
    struct live_key *key; /* the private half */
};

static int signs(const struct pair *pair, struct scheme scheme)
{
    const struct span text = span_of_text("pairwise consistency");
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer signature = WRITER_OF(bytes);

    int result = pair->kind->sign(pair->key, scheme, text, &signature);
    if (!result)
        result =
            pair->kind->verify(pair->spec, &pair->public_part, scheme, text, written(&signature));
    return result;
}

/* Encryption without padding is the same computation as verifying a signature: the plain text
 * raised to the public exponent must be the cipher text. The cipher text is a zero byte, so that it
 * is below every modulus, and then arbitrary bytes. */
static int deciphers(const struct pair *pair)
{
    const struct scheme raw = { PADDING_NONE, DIGEST_NONE };
    uint8_t cipher_bytes[KEY_RESULT_MAX];
    SCOPED_SECRET(plain_bytes, KEY_RESULT_MAX);
    struct writer cipher = WRITER_OF(cipher_bytes), plain = WRITER_OF(plain_bytes);

    write_u8(&cipher, 0);
    while (cipher.size < pair->public_part.modulus.size)
        write_u8(&cipher, 0x5A);
    int result = pair->kind->decipher(pair->key, raw, written(&cipher), &plain);
    if (!result)
        result = pair->kind->verify(pair->spec, &pair->public_part, raw, written(&cipher),
                                    written(&plain));
    return result;
}

/* The private key times the base point must be the public key. */
static int agrees(const struct pair *pair)
{
    SCOPED_SECRET(bytes, CURVE_POINT_MAX);
    struct writer shared = writer_of(bytes, CURVE_POINT_MAX);
    struct curve_storage storage;
    struct domain_parameters parameters;
    int result = curve_parameters(pair->spec->curve, &storage, &parameters);
    if (!result)
        result = pair->kind->agree(pair->key, parameters.generator, &shared);
    if (!result && !span_equal(written(&shared), pair->public_part.point))
        result = CRYPTO_BAD_KEY;
    return result;
}

static int test(struct pair *pair, struct scheme signing, struct span material)
{
    int result = pair->kind->public_part(pair->spec, material, &pair->public_part);
    if (!result)
        result = pair->kind->open(pair->spec, material, &pair->key);
    if (!result)
        result = pair->kind->sign ? signs(pair, signing) : agrees(pair);
    if (!result && pair->kind->decipher)
        result = deciphers(pair);
    return result;
}

int key_test_pair(const struct key_spec *spec, struct span material)
{
    struct pair pair = { .kind = key_kind_of(spec->type), .spec = spec };
    int result = test(&pair, pair.kind->request_scheme, material);
    live_key_close(&pair.key);
    if (result > 0)
        return failure(FAULT_BROKEN, "the halves of a fresh %s key do not belong together",
                       pair.kind->name);
    return result;
}
