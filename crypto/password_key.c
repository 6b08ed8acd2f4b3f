/* SPDX-License-Identifier: Apache-2.0 */
/* Derives the key of a DKEK share file. Calls MD5's block function directly, since the library's
 * bookkeeping around it takes twice as long as the digest. Each round hashes 16 bytes, which are
 * one block with always the same padding. OpenSSL 3 deprecates the function and offers no other
 * access to it. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/password_key.h"

#include <openssl/md5.h>
#include <string.h>

#include "base/failure.h"
#include "base/secret.h"

#define PARTS    (PASSWORD_KEY_SIZE / MD5_DIGEST_LENGTH)
#define SALT_MAX 16
#define TOLD     1000 /* steps of progress */

static void store_word(uint8_t *to, MD5_LONG word)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(word >> 8 * i);
}

static void store_state(uint8_t to[MD5_DIGEST_LENGTH], const MD5_CTX *state)
{
    store_word(to, state->A);
    store_word(to + 4, state->B);
    store_word(to + 8, state->C);
    store_word(to + 12, state->D);
}

/* Hashes digest in place, so many times. */
static void repeat(uint8_t digest[MD5_DIGEST_LENGTH], uint32_t rounds)
{
    MD5_CTX fresh, state;
    SCOPED_SECRET(block, MD5_CBLOCK);
    MD5_Init(&fresh);
    memset(block, 0, sizeof block);
    memcpy(block, digest, MD5_DIGEST_LENGTH);
    block[MD5_DIGEST_LENGTH] = 0x80;
    block[MD5_CBLOCK - 8] = 8 * MD5_DIGEST_LENGTH;
    for (uint32_t i = 0; i < rounds; i++) {
        state = fresh;
        MD5_Transform(&state, block);
        store_state(block, &state);
    }
    memcpy(digest, block, MD5_DIGEST_LENGTH);
    secret_wipe(&state, sizeof state);
}

static void tell(const struct password_progress *progress, uint64_t done, uint64_t total)
{
    if (progress)
        progress->tell(progress->context, (unsigned)(done * TOLD / total));
}

static void one_part(uint8_t digest[MD5_DIGEST_LENGTH], uint32_t rounds,
                     const struct password_progress *progress, unsigned part)
{
    uint32_t step = rounds / (TOLD / PARTS) + 1;
    for (uint32_t done = 1; done < rounds; done += step) {
        repeat(digest, rounds - done < step ? rounds - done : step);
        tell(progress, (uint64_t)part * rounds + done, (uint64_t)PARTS * rounds);
    }
}

int password_key(struct span password, struct span salt, uint32_t rounds,
                 const struct password_progress *progress, uint8_t out[PASSWORD_KEY_SIZE])
{
    SCOPED_SECRET(bytes, MD5_DIGEST_LENGTH + PASSWORD_MAX + SALT_MAX);
    struct writer key = writer_of(out, PASSWORD_KEY_SIZE);
    if (password.size > PASSWORD_MAX || salt.size > SALT_MAX)
        return failure(FAULT_LIBRARY, "a password of %zu bytes", password.size);
    for (unsigned part = 0; part < PARTS; part++) {
        uint8_t digest[MD5_DIGEST_LENGTH];
        struct writer input = WRITER_OF(bytes);
        if (part)
            write_span(&input, span_part(written(&key), key.size - sizeof digest, sizeof digest));
        write_span(&input, password);
        write_span(&input, salt);
        MD5(input.at, input.size, digest);
        one_part(digest, rounds, progress, part);
        write_span(&key, SPAN_OF(digest));
        secret_wipe(digest, sizeof digest);
    }
    tell(progress, 1, 1);
    return 0;
}
