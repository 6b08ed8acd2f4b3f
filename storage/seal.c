/* SPDX-License-Identifier: Apache-2.0 */
/* Seals and opens with libsodium; encodes the associated data. */
#include "storage/seal.h"

#include <sodium.h>

#define FORMAT_VERSION 1 /* version of the associated data's encoding below */

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE   crypto_aead_xchacha20poly1305_ietf_ABYTES
_Static_assert(NONCE_SIZE + TAG_SIZE == SEAL_OVERHEAD, "as the header promises");
_Static_assert(SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "libsodium's key");

struct bound {
    uint8_t bytes[1 + DEVICE_SIZE + INCARNATION_SIZE + 4 + 4 + 8];
};

static struct span bind_place(const struct seal_place *place, struct bound *bound)
{
    struct writer out = WRITER_OF(bound->bytes);
    write_u8(&out, FORMAT_VERSION);
    write_span(&out, SPAN_OF(place->device));
    write_span(&out, SPAN_OF(place->incarnation));
    write_u32(&out, place->type);
    write_u32(&out, place->id);
    write_u64(&out, place->version);
    return written(&out);
}

void seal_close_bound(const uint8_t key[SEAL_KEY_SIZE], struct span bound, struct span plain,
                      struct writer *out)
{
    uint8_t *nonce = write_room(out, NONCE_SIZE);
    uint8_t *sealed = write_room(out, plain.size + TAG_SIZE);
    if (!nonce || !sealed)
        return;
    randombytes_buf(nonce, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, plain.at, plain.size, bound.at,
                                               bound.size, NULL, nonce, key);
}

int seal_open_bound(const uint8_t key[SEAL_KEY_SIZE], struct span bound, struct span sealed,
                    struct writer *out)
{
    struct reader in = reader_of(sealed);
    struct span nonce = read_span(&in, NONCE_SIZE);
    struct span rest = read_rest(&in);
    if (read_failed(&in) || rest.size < TAG_SIZE)
        return SEAL_FORGED;

    size_t start = out->size;
    uint8_t *plain = write_room(out, rest.size - TAG_SIZE);
    if (!plain)
        return SEAL_FORGED;
    int forged = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, rest.at, rest.size,
                                                            bound.at, bound.size, nonce.at, key);
    if (!forged)
        return 0;
    write_trim(out, start);
    return SEAL_FORGED;
}

void seal_close(const uint8_t key[SEAL_KEY_SIZE], const struct seal_place *place, struct span plain,
                struct writer *out)
{
    struct bound bound;
    seal_close_bound(key, bind_place(place, &bound), plain, out);
}

int seal_open(const uint8_t key[SEAL_KEY_SIZE], const struct seal_place *place, struct span sealed,
              struct writer *out)
{
    struct bound bound;
    return seal_open_bound(key, bind_place(place, &bound), sealed, out);
}
