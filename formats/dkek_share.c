/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypts and decrypts DKEK share files. */
#include "formats/dkek_share.h"

#include "base/secret.h"
#include "crypto/aes.h"

#define PADDED (KEK_SIZE + AES_BLOCK) /* PKCS#7: a whole block of 0x10 */

static const uint8_t magic[] = { 'S', 'a', 'l', 't', 'e', 'd', '_', '_' };
static const uint8_t padding[AES_BLOCK] = { 16, 16, 16, 16, 16, 16, 16, 16,
                                            16, 16, 16, 16, 16, 16, 16, 16 };

bool dkek_share_salt(struct span file, struct span *out)
{
    struct reader in = reader_of(file);
    bool ours = span_equal(read_span(&in, sizeof magic), SPAN_OF(magic));
    struct span salt = read_span(&in, DKEK_SHARE_SALT);
    read_span(&in, PADDED);
    if (!ours || !read_finished(&in))
        return false;
    *out = salt;
    return true;
}

/* The library decrypts with an IV of zero; this replaces it by the IV that belongs to the key. */
static void add_iv(const uint8_t key[PASSWORD_KEY_SIZE], uint8_t first_block[AES_BLOCK])
{
    for (size_t i = 0; i < AES_BLOCK; i++)
        first_block[i] ^= key[AES_KEY_MAX + i];
}

int dkek_share_seal(const uint8_t key[PASSWORD_KEY_SIZE], struct span salt, struct span share,
                    struct writer *out_file)
{
    SCOPED_SECRET(bytes, PADDED);
    struct writer plain = WRITER_OF(bytes);
    write_span(&plain, share);
    write_span(&plain, SPAN_OF(padding));
    add_iv(key, bytes);
    write_span(out_file, SPAN_OF(magic));
    write_span(out_file, salt);
    return aes_cbc(span_of(key, AES_KEY_MAX), true, written(&plain), out_file);
}

int dkek_share_open(const uint8_t key[PASSWORD_KEY_SIZE], struct span file,
                    struct writer *out_share)
{
    SCOPED_SECRET(bytes, PADDED);
    struct writer plain = WRITER_OF(bytes);
    int r = aes_cbc(span_of(key, AES_KEY_MAX), false,
                    span_part(file, sizeof magic + DKEK_SHARE_SALT, PADDED), &plain);
    if (r)
        return r;
    add_iv(key, bytes);
    if (!span_equal(span_part(written(&plain), KEK_SIZE, AES_BLOCK), SPAN_OF(padding)))
        return DKEK_SHARE_WRONG;
    write_span(out_share, span_part(written(&plain), 0, KEK_SIZE));
    return 0;
}
