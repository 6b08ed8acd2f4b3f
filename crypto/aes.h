/* AES as operations on bytes. */
#pragma once

#include "crypto/crypto.h"

#define AES_BLOCK   16
#define AES_KEY_MAX 32

/* CBC without padding; the IV is zero, as on this wire. CRYPTO_BAD_INPUT: not a positive number of
 * whole blocks. CRYPTO_BAD_KEY: not 16, 24 or 32 bytes. */
MUST_CHECK int aes_cbc(struct span key, bool encrypt, struct span input, struct writer *out);
/* The same with an IV of its own. */
MUST_CHECK int aes_cbc_from(struct span key, const uint8_t iv[AES_BLOCK], bool encrypt,
                            struct span input, struct writer *out);
/* SP 800-38B, the whole 16 bytes. CRYPTO_BAD_KEY. */
MUST_CHECK int aes_cmac(struct span key, struct span message, struct writer *out);
/* Over the parts one after the other. */
MUST_CHECK int aes_cmac_of(struct span key, const struct span *parts, size_t count,
                           struct writer *out);
