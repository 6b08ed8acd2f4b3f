/* SPDX-License-Identifier: Apache-2.0 */
/* All hashing of PINs: the keyed hash that is stored for a PIN, and for PIN-bound devices the slow
 * one (Argon2id), under whose result secrets are wrapped. */
#include <sodium.h>

#include "base/failure.h"
#include "storage/internal.h"

/* Costs as for passphrases (unlock.c): three passes over 64 MiB. docs/STORAGE.md says how long
 * guessing a six-digit PIN takes with them. */
#define PASSES 3
#define BYTES  ((size_t)64 * 1024 * 1024)

_Static_assert(PIN_VERIFIER_SIZE == MAC_SIZE, "a verifier is a MAC");
_Static_assert(PIN_SALT_SIZE == crypto_pwhash_SALTBYTES, "the PIN's salt serves Argon2id");
_Static_assert(STRETCHED_SIZE == 2 * MAC_SIZE, "two halves");
_Static_assert(WRAP_OVERHEAD == SEAL_OVERHEAD && WRAP_KEY_SIZE == SEAL_KEY_SIZE,
               "wrapping is sealing");

int store_pin_verifier(struct store *s, uint8_t reference, const uint8_t salt[PIN_SALT_SIZE],
                       struct span pin, uint8_t out[PIN_VERIFIER_SIZE])
{
    int r = store_check_usable(s);
    if (r)
        return r;
    const struct span parts[] = { span_of(salt, PIN_SALT_SIZE), span_of(&reference, 1), pin };
    hierarchy_mac(&s->keys, SUBKEY_PEPPER, parts, COUNT_OF(parts), out);
    return 0;
}

static void half(const struct store *s, const char *label, uint8_t reference,
                 const uint8_t slow[MAC_SIZE], uint8_t out[MAC_SIZE])
{
    const struct span parts[] = { span_of_text(label), span_of(&reference, 1),
                                  span_of(slow, MAC_SIZE) };
    hierarchy_mac(&s->keys, SUBKEY_PEPPER, parts, COUNT_OF(parts), out);
}

int store_stretch_pin(struct store *s, uint8_t reference, const uint8_t salt[PIN_SALT_SIZE],
                      struct span pin, uint8_t out[STRETCHED_SIZE])
{
    SCOPED_SECRET(slow, MAC_SIZE);
    if (crypto_pwhash(slow, sizeof slow, (const char *)pin.at, pin.size, salt, PASSES, BYTES,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return failure(FAULT_MEMORY, "no memory to stretch a PIN (%zu bytes)", BYTES);
    half(s, "glasshsm 2 PIN verifier", reference, slow, out);
    half(s, "glasshsm 2 PIN key", reference, slow, out + MAC_SIZE);
    return 0;
}

void store_wrap(const uint8_t key[WRAP_KEY_SIZE], struct span purpose, struct span plain,
                struct writer *out)
{
    seal_close_bound(key, purpose, plain, out);
}

int store_unwrap(const uint8_t key[WRAP_KEY_SIZE], struct span purpose, struct span sealed,
                 struct writer *out)
{
    return seal_open_bound(key, purpose, sealed, out) ? STORE_FORGED : 0;
}
